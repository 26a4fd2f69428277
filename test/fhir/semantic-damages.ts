import { concept, type Damage, observation, task } from './semantic-changes.js';

const ucum = 'http://unitsofmeasure.org';
const loinc = 'http://loinc.org';
const snomed = 'http://snomed.info/sct';
const coded = (system: string, code: string) => ({ coding: [{ system, code, display: 'x' }] });
const component = `${observation}.component`;
const manifest = 'entry.1.resource';
const document = 'entry.2.resource';
const attachment = `${document}.content.0.attachment`;
const patient = 'entry.0.resource';
const answers = 'entry.1.resource';
const patientReference = { reference: 'Patient/1', display: 'x' };

/** What the definitions of STU3 forbid although each element by itself has the right form. */
export const semanticDamages: readonly Damage[] = [
  // Observation
  [
    'a unit as people write it',
    'weight',
    { [`${observation}.referenceRange`]: [{ low: { value: 1, unit: 'KG', system: ucum, code: 'KG' } }] },
    'ucum-unit',
  ],
  [
    'millimetres of mercury without brackets',
    'blood-pressure',
    { [`${component}.0.valueQuantity.code`]: 'mmHg' },
    'vital-sign-unit',
  ],
  [
    'beats per minute in words',
    'questionnaire',
    {
      [`${answers}.item.0.item.0.answer`]: [
        { valueQuantity: { value: 60, unit: 'bpm', system: ucum, code: 'bpm' } },
      ],
    },
    'ucum-unit',
  ],
  [
    'UCUM with a slash at its end',
    'questionnaire',
    {
      [`${answers}.item.0.item.0.answer`]: [
        { valueQuantity: { value: 60, unit: 'kg', system: `${ucum}/`, code: 'kg' } },
      ],
    },
    'coding-system-name',
  ],
  [
    'LOINC by https',
    'weight',
    { [`${observation}.method`]: coded('https://loinc.org', '29463-7') },
    'coding-system-name',
  ],
  [
    'LOINC by its OID',
    'weight',
    { [`${observation}.method`]: coded('urn:oid:2.16.840.1.113883.6.1', '29463-7') },
    'coding-system-name',
  ],
  [
    'SNOMED CT with www',
    'weight',
    { [`${observation}.method`]: coded('http://www.snomed.info/sct', '118227000') },
    'coding-system-name',
  ],
  [
    'SNOMED CT by its OID',
    'weight',
    { [`${observation}.method`]: coded('urn:oid:2.16.840.1.113883.6.96', '118227000') },
    'coding-system-name',
  ],
  ['a mistyped code of LOINC', 'weight', { [`${observation}.code.coding.0.code`]: '29463-1' }, 'loinc-code'],
  [
    'two digits of a LOINC code swapped',
    'blood-pressure',
    { [`${component}.0.code.coding.0.code`]: '8840-6' },
    'loinc-code',
  ],
  [
    'a word instead of a LOINC code',
    'weight',
    { [`${observation}.method`]: coded(loinc, 'weight') },
    'loinc-code',
  ],
  [
    'a mistyped code of SNOMED CT',
    'weight',
    { [`${observation}.method`]: coded(snomed, '118227001') },
    'snomed-code',
  ],
  [
    'two digits of a SNOMED CT code swapped',
    'weight',
    { [`${observation}.bodySite`]: coded(snomed, '118272000') },
    'snomed-code',
  ],
  ['a vital sign known to the month', 'weight', { [`${observation}.effectiveDateTime`]: '2024-03' }, 'vs-1'],
  [
    'a component that says nothing',
    'blood-pressure',
    { [`${component}.2`]: { code: coded(loinc, '8478-0') } },
    'vs-3',
  ],
  [
    'only the upper pressure',
    'blood-pressure',
    { [`${component}.1`]: undefined, [`${component}.length`]: 1 },
    'vital-sign-component',
  ],
  [
    'the pressures the wrong way round',
    'blood-pressure',
    { [`${component}.0.valueQuantity.value`]: 81, [`${component}.1.valueQuantity.value`]: 127 },
    'vital-sign-unlikely',
  ],
  ['a weight in centimetres', 'weight', { [`${observation}.valueQuantity.code`]: 'cm' }, 'vital-sign-unit'],
  [
    'a weight of grams in kilograms',
    'weight',
    { [`${observation}.valueQuantity.value`]: 78400 },
    'vital-sign-unlikely',
  ],
  [
    'a bound in a reference range',
    'weight',
    { [`${observation}.referenceRange`]: [{ low: { value: 1, comparator: '<' } }] },
    'simple-quantity',
  ],
  [
    'a range upside down',
    'weight',
    {
      [`${observation}.referenceRange`]: [
        {
          text: 'x',
          age: {
            low: { value: 9, unit: 'a', system: ucum, code: 'a' },
            high: { value: 1, unit: 'a', system: ucum, code: 'a' },
          },
        },
      ],
    },
    'rng-2',
  ],
  [
    'a category of R4 for a vital sign',
    'weight',
    {
      [`${observation}.category.0.coding.0.system`]:
        'http://terminology.hl7.org/CodeSystem/observation-category',
    },
    'vital-sign-category-system',
  ],
  [
    'a category that HL7 does not have',
    'weight',
    { [`${observation}.category.0.coding.0.code`]: 'vitals' },
    'coding-unknown-code',
  ],
  ['a measurement to come', 'weight', { [`${observation}.effectiveDateTime`]: '2999-01-01' }, 'date-to-come'],
  [
    'a period that ends before it begins',
    'weight',
    {
      [`${observation}.effectiveDateTime`]: undefined,
      [`${observation}.effectivePeriod`]: { start: '2024-03-15', end: '2024-03-13' },
    },
    'per-1',
  ],
  [
    'a device as the subject of a questionnaire',
    'weight',
    { [`${observation}.performer`]: [{ reference: 'Device/1', display: 'x' }] },
    'reference-target',
  ],
  [
    'a value beside the reason why there is none',
    'weight',
    { [`${observation}.dataAbsentReason`]: concept },
    'obs-6',
  ],
  [
    'a reference range about nothing',
    'weight',
    { [`${observation}.referenceRange`]: [{ type: concept }] },
    'obs-3',
  ],
  [
    'a measurement of another person',
    'weight',
    {
      'entry.2': {
        resource: {
          resourceType: 'Observation',
          meta: { profile: ['http://a.example'] },
          status: 'final',
          code: concept,
          subject: { reference: 'Patient/9', display: 'x' },
        },
        request: { method: 'POST', url: 'Observation' },
      },
    },
    'subject-differs',
  ],
  [
    'a profile by its last word',
    'weight',
    { [`${observation}.meta.profile`]: ['zib-BodyWeight'] },
    'profile-form',
  ],
  [
    'a profile in other letters',
    'weight',
    { [`${observation}.meta.profile`]: ['http://nictiz.nl/fhir/StructureDefinition/zib-Bodyweight'] },
    'profile-near',
  ],
  [
    'the profile of a person on a measurement',
    'weight',
    { [`${observation}.meta.profile`]: ['http://fhir.nl/fhir/StructureDefinition/nl-core-patient'] },
    'profile-type',
  ],
  [
    'a system that is no OID',
    'weight',
    { [`${observation}.method`]: coded('urn:oid:2.16.840.', 'x') },
    'system-form',
  ],
  [
    'a system that is no UUID',
    'weight',
    { [`${observation}.identifier`]: [{ system: 'urn:uuid:1', value: '1' }] },
    'system-form',
  ],
  // Patient
  ['a birth to come', 'weight', { [`${patient}.birthDate`]: '2999-01-01' }, 'date-to-come'],
  [
    'a doctor that is a person',
    'weight',
    { [`${patient}.generalPractitioner`]: [patientReference] },
    'reference-target',
  ],
  [
    'a contact without anything to reach it by',
    'weight',
    { [`${patient}.contact`]: [{ gender: 'male' }] },
    'pat-1',
  ],
  ['a telephone number without its kind', 'weight', { [`${patient}.telecom`]: [{ value: '1' }] }, 'cpt-2'],
  [
    'the profile of an organization on a person',
    'weight',
    { [`${patient}.meta.profile`]: ['http://fhir.nl/fhir/StructureDefinition/nl-core-organization'] },
    'profile-type',
  ],
  [
    'a profile of another resource',
    'weight',
    { [`${patient}.meta.profile`]: ['http://hl7.org/fhir/StructureDefinition/Practitioner'] },
    'profile-type',
  ],
  ['a language with an underscore', 'weight', { [`${patient}.language`]: 'nl_NL' }, 'language-tag'],
  [
    'a photo that is none',
    'weight',
    { [`${patient}.photo`]: [{ contentType: 'image/png', data: 'JVBERi0xLjQK' }] },
    'binary-not-its-type',
  ],
  [
    'an identifier that is a number, said to be an address',
    'weight',
    { [`${patient}.identifier`]: [{ system: 'urn:ietf:rfc:3986', value: '2.16.840.1' }] },
    'identifier-address',
  ],
  [
    'an identifier that is no UUID',
    'weight',
    { [`${patient}.identifier`]: [{ system: 'urn:ietf:rfc:3986', value: 'urn:uuid:12' }] },
    'identifier-address',
  ],
  // Bundle
  [
    'a search with its question mark',
    'weight',
    { 'entry.0.request.ifNoneExist': '?identifier=1' },
    'if-none-exist-form',
  ],
  [
    'a search with its address',
    'weight',
    { 'entry.0.request.ifNoneExist': 'Patient?identifier=1' },
    'if-none-exist-form',
  ],
  [
    'an update that asks whether there is one',
    'questionnaire',
    { 'entry.0.request.ifNoneExist': 'identifier=1' },
    'if-none-exist-method',
  ],
  [
    'two updates of one task',
    'questionnaire',
    {
      'entry.2': {
        fullUrl: 'https://other.example/fhir/Task/intake-knee-0317',
        resource: {
          resourceType: 'Task',
          id: 'intake-knee-0317',
          meta: { profile: ['http://a.example'] },
          status: 'completed',
          intent: 'order',
        },
        request: { method: 'PUT', url: 'Task/intake-knee-0317' },
      },
    },
    'put-twice',
  ],
  ['a bundle that is a collection', 'weight', { type: 'collection' }, 'bundle-type'],
  ['the number of hits of a search', 'weight', { total: 2 }, 'bdl-1'],
  [
    'a type that the address does not say',
    'weight',
    { 'entry.1.request.url': 'Patient' },
    'request-url-type',
  ],
  // DocumentManifest and DocumentReference
  [
    'a manifest that lists something else',
    'document',
    { [`${manifest}.content`]: [{ pReference: patientReference }] },
    'manifest-content',
  ],
  [
    'a manifest by a device of somebody',
    'document',
    { [`${manifest}.recipient`]: [{ reference: 'Location/1', display: 'x' }] },
    'reference-target',
  ],
  [
    'the profile of a document on a manifest',
    'document',
    { [`${manifest}.meta.profile`]: ['http://hl7.org/fhir/StructureDefinition/DocumentReference'] },
    'profile-type',
  ],
  [
    'a manifest with the identifier of nothing',
    'document',
    { [`${manifest}.masterIdentifier.value`]: '8e19f6a3' },
    'identifier-address',
  ],
  [
    'an attachment that is the person',
    'document',
    { [`${attachment}.url`]: 'urn:uuid:9f2a6d4c-0b7e-4835-8c1f-d5e3a7b90641' },
    'attachment-target',
  ],
  ['an attachment that runs', 'document', { [`${attachment}.url`]: 'javascript:alert(1)' }, 'attachment-url'],
  [
    'an attachment of this machine',
    'document',
    { [`${attachment}.url`]: 'file:///etc/passwd' },
    'attachment-url',
  ],
  [
    'another type than the file has',
    'document',
    { [`${attachment}.contentType`]: 'image/png' },
    'attachment-type',
  ],
  [
    'a file extension as a type',
    'document',
    { [`${attachment}.contentType`]: 'pdf', 'entry.3.resource.contentType': 'pdf' },
    'content-type',
  ],
  ['a size in kilobytes', 'document', { [`${attachment}.size`]: 7 }, 'attachment-size'],
  [
    'a hash of something else',
    'document',
    { [`${attachment}.hash`]: '2jmj7l5rSw0yVb/vlWAYkK/YBwk=' },
    'attachment-hash',
  ],
  ['a language in words', 'document', { [`${attachment}.language`]: 'Dutch, Netherlands' }, 'language-tag'],
  [
    'a document replaced by a person',
    'document',
    { [`${document}.relatesTo`]: [{ code: 'replaces', target: patientReference }] },
    'reference-target',
  ],
  [
    'a document written to come',
    'document',
    { [`${document}.indexed`]: '2999-01-01T00:00:00Z' },
    'date-to-come',
  ],
  [
    'a document about somebody else',
    'document',
    { [`${document}.subject`]: { reference: 'Patient/9', display: 'x' } },
    'subject-differs',
  ],
  // Binary
  [
    'a picture that is a PDF',
    'document',
    { 'entry.3.resource.contentType': 'image/jpeg' },
    'binary-not-its-type',
  ],
  [
    'a file without a whole type',
    'document',
    { 'entry.3.resource.contentType': 'application' },
    'content-type',
  ],
  // Task
  [
    'a task changed before it was made',
    'questionnaire',
    { [`${task}.lastModified`]: '2024-03-01T00:00:00Z' },
    'inv-1',
  ],
  [
    'a task carried out before it began',
    'questionnaire',
    { [`${task}.executionPeriod`]: { start: '2024-03-17', end: '2024-03-01' } },
    'per-1',
  ],
  [
    'a task asked for by a questionnaire',
    'questionnaire',
    { [`${task}.requester.agent.reference`]: 'Questionnaire/1' },
    'reference-target',
  ],
  [
    'a task that gives other answers',
    'questionnaire',
    { [`${task}.output.0.valueReference.reference`]: 'QuestionnaireResponse/9' },
    'task-output',
  ],
  ['a task within a patient', 'questionnaire', { [`${task}.context`]: patientReference }, 'reference-target'],
  // QuestionnaireResponse
  [
    'answers to a form that is a person',
    'questionnaire',
    { [`${answers}.questionnaire`]: patientReference },
    'reference-target',
  ],
  [
    'answers beside further questions',
    'questionnaire',
    { [`${answers}.item.0.answer`]: [{ valueBoolean: true }] },
    'qrs-1',
  ],
  [
    'answers given by an organization',
    'questionnaire',
    { [`${answers}.source`]: { reference: 'Organization/1', display: 'x' } },
    'reference-target',
  ],
  ['answers given to come', 'questionnaire', { [`${answers}.authored`]: '2999-01-01' }, 'date-to-come'],
  [
    'answers that are part of a patient',
    'questionnaire',
    { [`${answers}.parent`]: [patientReference] },
    'reference-target',
  ],
  [
    'an answer that leads nowhere',
    'questionnaire',
    { [`${answers}.item.0.item.0.answer`]: [{ valueReference: { reference: '#x', display: 'x' } }] },
    'ref-1',
  ],
];
