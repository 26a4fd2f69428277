import { absent, type Change, concept, nullFlavor, observation, task } from './semantic-changes.js';

const ucum = 'http://unitsofmeasure.org';
const answer = 'entry.1.resource.item.0.item.0.answer';
const manifest = 'entry.1.resource';
const document = 'entry.2.resource';
const component = `${observation}.component`;

/** What STU3 and the published profiles allow, each as a change of one of the examples: none of it is an error. */
export const legalVariants: readonly Change[] = [
  [
    'an answer without system',
    'questionnaire',
    { [answer]: [{ valueCoding: { code: '1', display: 'Ja' } }] },
  ],
  ['an answer that is words only', 'questionnaire', { [answer]: [{ valueCoding: { display: 'Ja' } }] }],
  ['an answer that is absent', 'questionnaire', { [answer]: [{ extension: absent.extension }] }],
  [
    'an answer with two values in two answers',
    'questionnaire',
    { [answer]: [{ valueInteger: 1 }, { valueInteger: 2 }] },
  ],
  [
    'a question below an answer',
    'questionnaire',
    { [answer]: [{ valueBoolean: true, item: [{ linkId: 'a', answer: [{ valueString: 'x' }] }] }] },
  ],
  [
    'the same linkId twice in a repeated group',
    'questionnaire',
    { 'entry.1.resource.item': [{ linkId: '1' }, { linkId: '1' }] },
  ],
  ['answers without a questionnaire', 'questionnaire', { 'entry.1.resource.questionnaire': undefined }],
  [
    'answers with an identifier of their own',
    'questionnaire',
    { 'entry.1.resource.identifier': { system: 'urn:oid:2.16.840.1.113883.2.4.3.11.999.7', value: 'a' } },
  ],
  [
    'answers given by somebody related',
    'questionnaire',
    { 'entry.1.resource.source': { reference: 'RelatedPerson/1', display: 'x' } },
  ],
  ['an unfinished questionnaire', 'questionnaire', { 'entry.1.resource.status': 'in-progress' }],
  ['a task for a group', 'questionnaire', { [`${task}.for`]: { reference: 'Group/1', display: 'x' } }],
  [
    'a task whose input is a string',
    'questionnaire',
    { [`${task}.input.0`]: { type: concept, valueString: 'x' } },
  ],
  [
    'a task with a restriction',
    'questionnaire',
    { [`${task}.restriction`]: { repetitions: 1, period: { end: '2030-01-01' } } },
  ],
  [
    'a task that begins and ends on one day',
    'questionnaire',
    { [`${task}.executionPeriod`]: { start: '2024-03-17', end: '2024-03-17T01:00:00+02:00' } },
  ],
  [
    'a period whose day and moment lie in different zones',
    'questionnaire',
    { [`${task}.executionPeriod`]: { start: '2024-03-18T00:30:00+01:00', end: '2024-03-17' } },
  ],
  [
    'a conditional update',
    'questionnaire',
    {
      'entry.0.request.url': 'Task?identifier=https://hospital.example/tasks|1',
      'entry.0.fullUrl': undefined,
      [`${task}.id`]: undefined,
    },
  ],
  ['a version to match', 'questionnaire', { 'entry.0.request.ifMatch': 'W/"3"' }],
  [
    'an address with a base of several steps',
    'questionnaire',
    { 'entry.0.fullUrl': 'https://a.example/x/y/fhir/stu3/Task/intake-knee-0317' },
  ],
  [
    'a vital sign whose value is absent',
    'weight',
    { [`${observation}.valueQuantity`]: undefined, [`${observation}.dataAbsentReason`]: concept },
  ],
  ['a quantity that is absent by extension', 'weight', { [`${observation}.valueQuantity`]: absent }],
  [
    'a quantity whose number is absent',
    'weight',
    { [`${observation}.valueQuantity.value`]: undefined, [`${observation}.valueQuantity._value`]: absent },
  ],
  [
    'a moment that is absent',
    'weight',
    { [`${observation}.effectiveDateTime`]: undefined, [`${observation}._effectiveDateTime`]: absent },
  ],
  [
    'a measurement over a period',
    'weight',
    {
      [`${observation}.effectiveDateTime`]: undefined,
      [`${observation}.effectivePeriod`]: { start: '2024-03-14', end: '2024-03-15' },
    },
  ],
  ['a measurement known to the day', 'weight', { [`${observation}.effectiveDateTime`]: '2024-03-14' }],
  [
    'a weight in grams',
    'weight',
    { [`${observation}.valueQuantity`]: { value: 78400, unit: 'gram', system: ucum, code: 'g' } },
  ],
  [
    'a weight in pounds',
    'weight',
    { [`${observation}.valueQuantity`]: { value: 172, unit: 'lb', system: ucum, code: '[lb_av]' } },
  ],
  ['a bound instead of a value', 'weight', { [`${observation}.valueQuantity.comparator`]: '<' }],
  ['a unit with an annotation', 'weight', { [`${observation}.valueQuantity.code`]: 'kg{net}' }],
  [
    'a second code of another system',
    'weight',
    {
      [`${observation}.code.coding.1`]: {
        system: 'urn:oid:2.16.840.1.113883.2.4.3.11.60.40.4.12.1',
        code: 'x',
        display: 'x',
      },
    },
  ],
  [
    'a SNOMED expression',
    'weight',
    {
      [`${observation}.bodySite`]: {
        coding: [{ system: 'http://snomed.info/sct', code: '368209003:272741003=7771000', display: 'x' }],
      },
    },
  ],
  [
    'a SNOMED code of an extension',
    'weight',
    {
      [`${observation}.method`]: {
        coding: [{ system: 'http://snomed.info/sct', code: '49581000146104', display: 'x' }],
      },
    },
  ],
  [
    'an answer of LOINC',
    'weight',
    {
      [`${observation}.method`]: { coding: [{ system: 'http://loinc.org', code: 'LA6751-7', display: 'x' }] },
    },
  ],
  [
    'a concept that is an extension',
    'weight',
    { [`${observation}.method`]: { extension: [{ url: 'http://a.example', valueString: 'x' }] } },
  ],
  ['a concept of no information', 'weight', { [`${observation}.method`]: nullFlavor }],
  [
    'a null flavour as a code',
    'weight',
    {
      [`${observation}.method`]: {
        coding: [{ system: 'http://hl7.org/fhir/v3/NullFlavor', code: 'OTH' }],
        text: 'x',
      },
    },
  ],
  [
    'a code that is absent',
    'weight',
    { [`${observation}.method`]: { coding: [{ system: 'http://loinc.org', _code: absent, display: 'x' }] } },
  ],
  ['words alone for a concept', 'weight', { [`${observation}.method`]: concept }],
  [
    'a system that is an OID',
    'weight',
    {
      [`${observation}.method`]: {
        coding: [{ system: 'urn:oid:2.16.840.1.113883.2.4.4.10', code: 'x', display: 'x' }],
      },
    },
  ],
  [
    'a category in a further system',
    'weight',
    {
      [`${observation}.category.1`]: {
        coding: [{ system: 'http://snomed.info/sct', code: '118227000', display: 'x' }],
      },
    },
  ],
  [
    'a measurement that a device made',
    'weight',
    {
      [`${observation}.device`]: { reference: '#d', display: 'x' },
      [`${observation}.contained`]: [{ resourceType: 'Device', id: 'd' }],
    },
  ],
  [
    'a contained resource that refers to its container',
    'weight',
    {
      [`${observation}.contained`]: [
        {
          resourceType: 'Observation',
          id: 'o',
          status: 'final',
          code: concept,
          related: [{ target: { reference: '#', display: 'x' } }],
        },
      ],
    },
  ],
  [
    'a reference by identifier alone',
    'weight',
    {
      [`${observation}.performer`]: [
        { identifier: { system: 'http://fhir.nl/fhir/NamingSystem/uzi-nr-pers', value: '1' }, display: 'x' },
      ],
    },
  ],
  ['a reference that is only words', 'weight', { [`${observation}.performer`]: [{ display: 'x' }] }],
  ['a reference that is absent', 'weight', { [`${observation}.performer`]: [nullFlavor] }],
  [
    'a reference to a version',
    'weight',
    { [`${observation}.performer`]: [{ reference: 'Practitioner/1/_history/2', display: 'x' }] },
  ],
  [
    'a conditional reference',
    'weight',
    { [`${observation}.performer`]: [{ reference: 'Practitioner?identifier=a|b', display: 'x' }] },
  ],
  [
    'a reference with the extension of a role',
    'weight',
    {
      [`${observation}.performer`]: [
        {
          extension: [
            {
              url: 'http://nictiz.nl/fhir/StructureDefinition/practitionerrole-reference',
              valueReference: { reference: 'PractitionerRole/1', display: 'x' },
            },
          ],
          reference: 'Practitioner/1',
          display: 'x',
        },
      ],
    },
  ],
  ['an identifier that is absent', 'weight', { [`${observation}.identifier`]: [absent] }],
  [
    'an identifier with a type instead of a system',
    'weight',
    { [`${observation}.identifier`]: [{ type: concept, value: '1' }] },
  ],
  [
    'an identifier that is an address',
    'weight',
    { [`${observation}.identifier`]: [{ system: 'urn:ietf:rfc:3986', value: 'https://a.example/1' }] },
  ],
  [
    'an identifier that is an OID',
    'weight',
    { [`${observation}.identifier`]: [{ system: 'urn:ietf:rfc:3986', value: 'urn:oid:1.2.3' }] },
  ],
  [
    'a reference range without an end',
    'weight',
    { [`${observation}.referenceRange`]: [{ low: { value: 60, unit: 'kg', system: ucum, code: 'kg' } }] },
  ],
  [
    'a narrative',
    'weight',
    {
      [`${observation}.text`]: {
        status: 'generated',
        div: '<div xmlns="http://www.w3.org/1999/xhtml"><p lang="nl">A &amp; B<br/></p></div>',
      },
    },
  ],
  [
    'a profile with its version',
    'weight',
    { [`${observation}.meta.profile`]: ['http://nictiz.nl/fhir/StructureDefinition/zib-BodyWeight|2.1.0'] },
  ],
  [
    'a second profile',
    'weight',
    { [`${observation}.meta.profile.1`]: 'http://hl7.org/fhir/StructureDefinition/bodyweight' },
  ],
  ['a person with a birth year', 'weight', { 'entry.0.resource.birthDate': '1969' }],
  [
    'a person whose gender is absent',
    'weight',
    { 'entry.0.resource.gender': undefined, 'entry.0.resource._gender': absent },
  ],
  [
    'a person with a given name that is absent',
    'weight',
    { 'entry.0.resource.name.0.given': [null, 'A'], 'entry.0.resource.name.0._given': [absent, null] },
  ],
  [
    'a person with an old address',
    'weight',
    { 'entry.0.resource.address': [{ use: 'old', period: { start: '2001', end: '2001-03' }, line: ['x'] }] },
  ],
  [
    'a person with a language',
    'weight',
    {
      'entry.0.resource.language': 'nl-NL',
      'entry.0.resource.communication': [
        { language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'nl', display: 'x' }] } },
      ],
    },
  ],
  [
    'a create only where there is none',
    'weight',
    { 'entry.0.request.ifNoneExist': 'identifier=http://a.example|1' },
  ],
  [
    'a bundle with an identifier',
    'weight',
    { identifier: { system: 'urn:ietf:rfc:3986', value: 'urn:uuid:0c3151bd-1cbf-4d64-b04d-cd9187a4c6e0' } },
  ],
  ['an entry without fullUrl that nothing refers to', 'weight', { 'entry.1.fullUrl': undefined }],
  ['an entry named by an OID', 'weight', { 'entry.1.fullUrl': 'urn:oid:1.2.3' }],
  [
    'a blood pressure without the words of its unit',
    'blood-pressure',
    { [`${component}.0.valueQuantity.unit`]: undefined },
  ],
  [
    'a blood pressure whose lower value is absent',
    'blood-pressure',
    { [`${component}.1.valueQuantity`]: undefined, [`${component}.1.dataAbsentReason`]: concept },
  ],
  [
    'a blood pressure with a mean',
    'blood-pressure',
    {
      [`${component}.2`]: {
        code: { coding: [{ system: 'http://loinc.org', code: '8478-0', display: 'x' }] },
        valueQuantity: { value: 96, unit: 'mmHg', system: ucum, code: 'mm[Hg]' },
      },
    },
  ],
  [
    'a blood pressure with the width of the cuff',
    'blood-pressure',
    {
      [`${component}.2`]: {
        code: { coding: [{ system: 'http://snomed.info/sct', code: '70665002', display: 'x' }] },
        valueCodeableConcept: concept,
      },
    },
  ],
  ['a document without size and hash', 'document', { [`${document}.content.0.attachment.size`]: undefined }],
  [
    'a document in a wrapping envelope',
    'document',
    { [`${document}.content.0.attachment`]: { contentType: 'application/pdf', url: 'cid:a@b.example' } },
  ],
  [
    'a document elsewhere',
    'document',
    {
      [`${document}.content.0.attachment`]: {
        contentType: 'application/pdf',
        url: 'https://a.example/Binary/1',
      },
    },
  ],
  [
    'a document at a relative address',
    'document',
    { [`${document}.content.0.attachment`]: { contentType: 'application/pdf', url: 'Binary/1' } },
  ],
  [
    'a document that is CDA',
    'document',
    {
      [`${document}.content.0.attachment.contentType`]: 'text/xml',
      'entry.3.resource.contentType': 'application/hl7-v3+xml',
    },
  ],
  [
    'a document with parameters in its type',
    'document',
    { [`${document}.content.0.attachment.contentType`]: 'application/pdf; version=1.7' },
  ],
  [
    'a document with a format',
    'document',
    {
      [`${document}.content.0.format`]: {
        system: 'urn:oid:1.3.6.1.4.1.19376.1.2.3',
        code: 'urn:ihe:iti:xds-sd:pdf:2008',
        display: 'x',
      },
    },
  ],
  [
    'a document with a link to another',
    'document',
    {
      [`${document}.relatesTo`]: [
        { code: 'replaces', target: { reference: 'DocumentReference/1', display: 'x' } },
      ],
    },
  ],
  [
    'a document about a period',
    'document',
    { [`${document}.context`]: { period: { start: '2024-03-11', end: '2024-03-17' } } },
  ],
  ['a manifest with a text about its source', 'document', { [`${manifest}.source`]: 'urn:oid:1.2.3' }],
  [
    'a manifest whose author is outside',
    'document',
    {
      [`${manifest}.author`]: [{ reference: 'Patient/1', display: 'x' }],
      [`${manifest}.contained`]: undefined,
    },
  ],
];
