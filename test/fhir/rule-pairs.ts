import type { RuleId } from '../../src/fhir/index.js';

type Json = Record<string, unknown>;
/** A rule, a resource (or an entry, or a bundle) that breaks it, and one that looks similar and is legal. */
export type Pair = [rule: RuleId, broken: Json, legal: Json];

const display = { display: 'x' };
const concept = { text: 'x' };
const ucum = 'http://unitsofmeasure.org';
const absent = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' }],
};
const nullFlavor = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/iso21090-nullFlavor', valueCode: 'NI' }],
};
const bsn = 'http://fhir.nl/fhir/NamingSystem/bsn';
const xhtml = (inside: string) => ({
  text: { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${inside}</div>` },
});
const patient = (fields: Json = {}): Json => ({ resourceType: 'Patient', ...fields });
const observation = (fields: Json = {}): Json => ({
  resourceType: 'Observation',
  status: 'final',
  code: concept,
  ...fields,
});
const task = (fields: Json): Json => ({
  resourceType: 'Task',
  status: 'completed',
  intent: 'order',
  ...fields,
});
const media = (fields: Json): Json => ({ resourceType: 'Media', content: { title: 'x' }, ...fields });
const list = (fields: Json): Json => ({
  resourceType: 'List',
  status: 'current',
  mode: 'snapshot',
  ...fields,
});
const organization = (fields: Json): Json => ({ resourceType: 'Organization', name: 'x', ...fields });
const timing = (repeat: Json) =>
  patient({ extension: [{ url: 'http://a.example', valueTiming: { repeat } }] });
const extended = (key: string, value: unknown) =>
  patient({ extension: [{ url: 'http://a.example', [key]: value }] });
const questions = (item: Json): Json => ({
  resourceType: 'QuestionnaireResponse',
  status: 'completed',
  item: [{ linkId: '1', ...item }],
});
const document = (attachment: Json): Json => ({
  resourceType: 'DocumentReference',
  status: 'current',
  type: concept,
  indexed: '2024-03-15T08:30:00Z',
  content: [{ attachment }],
});
const zib = (name: string, fields: Json): Json =>
  observation({
    meta: { profile: [`http://nictiz.nl/fhir/StructureDefinition/zib-${name}`] },
    category: [
      { coding: [{ system: 'http://hl7.org/fhir/observation-category', code: 'vital-signs', display: 'x' }] },
    ],
    subject: display,
    effectiveDateTime: '2024-03-15',
    ...fields,
  });
const quantity = (value: number, code: string, more: Json = {}): Json => ({
  valueQuantity: { value, unit: code, system: ucum, code, ...more },
});
const loinc = (code: string) => ({ coding: [{ system: 'http://loinc.org', code, display: 'x' }] });
const snomed = (code: string) => ({ coding: [{ system: 'http://snomed.info/sct', code, display: 'x' }] });
const weight = (fields: Json) => zib('BodyWeight', { code: loinc('29463-7'), ...fields });
const pressure = (code: string, value: number, more: Json = {}) => ({
  code: loinc(code),
  ...quantity(value, 'mm[Hg]', more),
});
const contained = (inner: Json, reference = '#c') =>
  observation({
    subject: { reference, display: 'x' },
    contained: [{ resourceType: 'Patient', id: 'c', ...inner }],
  });
const pdf = Buffer.from('%PDF-1.4\n').toString('base64');

export const pairs: Pair[] = [
  [
    'coding-system',
    observation({ code: { coding: [{ code: 'x', display: 'x' }] } }),
    questions({ answer: [{ valueCoding: { code: '1', display: 'Ja' } }] }),
  ],
  [
    'coding-system',
    observation({ code: { coding: [{ code: 'x', display: 'x' }] } }),
    observation({ code: { coding: [{ code: 'x', display: 'x', _system: absent }] } }),
  ],
  [
    'coding-code',
    observation({ code: { coding: [{ system: 'http://loinc.org', display: 'x' }] } }),
    observation({ code: { coding: [{ system: 'http://loinc.org', display: 'x', _code: nullFlavor }] } }),
  ],
  [
    'coding-code-loose',
    patient({ meta: { profile: ['http://a.example'], tag: [{ system: 'http://a.example', display: 'x' }] } }),
    patient({ meta: { profile: ['http://a.example'], tag: [{ code: 'x' }] } }),
  ],
  [
    'coding-system-value-set',
    observation({
      code: {
        coding: [{ system: 'urn:oid:2.16.840.1.113883.2.4.3.11.60.40.2.12.4.1', code: 'x', display: 'x' }],
      },
    }),
    observation({
      code: {
        coding: [{ system: 'urn:oid:2.16.840.1.113883.2.4.3.11.60.40.4.12.1', code: 'x', display: 'x' }],
      },
    }),
  ],
  [
    'coding-system-r4',
    observation({
      category: [
        {
          coding: [
            {
              system: 'http://terminology.hl7.org/CodeSystem/observation-category',
              code: 'laboratory',
              display: 'x',
            },
          ],
        },
      ],
    }),
    observation({
      category: [
        {
          coding: [{ system: 'http://hl7.org/fhir/observation-category', code: 'laboratory', display: 'x' }],
        },
      ],
    }),
  ],
  [
    'coding-system-form',
    observation({ code: { coding: [{ system: 'loinc', code: 'x', display: 'x' }] } }),
    observation({ code: { coding: [{ system: 'urn:oid:1.2.3', code: 'x', display: 'x' }] } }),
  ],
  [
    'coding-unknown-code',
    observation({
      category: [
        {
          coding: [{ system: 'http://hl7.org/fhir/observation-category', code: 'vitalsigns', display: 'x' }],
        },
      ],
    }),
    observation({
      category: [{ coding: [{ system: 'http://a.example/category', code: 'vitalsigns', display: 'x' }] }],
    }),
  ],
  [
    'concept-words',
    observation({ code: { coding: [{ system: 'http://loinc.org', code: '1-8' }] } }),
    observation({ code: nullFlavor }),
  ],
  [
    'identifier-value',
    patient({ identifier: [{ system: 'http://a.example' }] }),
    patient({ identifier: [{ system: 'http://a.example', _value: absent }] }),
  ],
  ['identifier-system', patient({ identifier: [{ value: 'x' }] }), patient({ identifier: [nullFlavor] })],
  [
    'bsn-identifier',
    patient({ identifier: [{ system: 'https://www.fhir.nl/fhir/NamingSystem/BSN/', value: '1' }] }),
    patient({ identifier: [{ system: bsn, _value: absent }] }),
  ],
  [
    'bsn-identifier',
    patient({ identifier: [{ system: '2.16.840.1.113883.2.4.6.3', value: '123456782' }] }),
    patient({ identifier: [{ system: 'urn:oid:2.16.528.1.1007.3.1', value: '123456782' }] }),
  ],
  [
    'bsn-value',
    patient({ identifier: [{ system: bsn, value: 'geheim' }] }),
    patient({ identifier: [{ system: bsn, value: '*********' }] }),
  ],
  [
    'bsn-named',
    questions({ text: 'Wat is uw BSN?', answer: [{ valueString: '123456782' }] }),
    questions({ text: 'Wat is uw dossiernummer?', answer: [{ valueString: 'A123456782' }] }),
  ],
  [
    'bsn-named',
    questions({ text: 'Burgerservicenummer', answer: [{ valueInteger: 123456782 }] }),
    questions({ text: 'Burgerservicenummer', answer: [{ valueInteger: 123456789 }] }),
  ],
  [
    'bsn-named',
    patient(xhtml('<p>BSN: <b>1234</b>56782</p>')),
    patient(xhtml('<p>BSN: afgeschermd. Dossier 123456782</p>')),
  ],
  [
    'bsn-named',
    patient({ extension: [{ url: 'http://a.example/bsn', valueString: '123456782' }] }),
    patient({ extension: [{ url: 'http://a.example/agb', valueString: 'A-123456782' }] }),
  ],
  [
    'bsn-in-address',
    observation({ subject: { reference: `Patient?identifier=${bsn}%7C123456782`, display: 'x' } }),
    observation({ subject: { reference: 'Patient?identifier=http://a.example%7C123456782', display: 'x' } }),
  ],
  [
    'bsn-in-address',
    {
      request: { method: 'POST', url: 'Patient', ifNoneExist: `identifier=${bsn}|123456782` },
      resource: patient(),
    },
    {
      request: { method: 'POST', url: 'Patient', ifNoneExist: 'identifier=http://a.example|123456782' },
      resource: patient(),
    },
  ],
  ['bsn-perhaps', observation({ comment: 'zie 123456782' }), observation({ comment: 'tel 0612345678' })],
  [
    'reference-display',
    observation({ subject: { reference: 'Patient/1' } }),
    observation({ subject: { reference: 'Patient/1', _display: absent } }),
  ],
  [
    'reference-form',
    observation({ subject: { reference: 'Patient', ...display } }),
    observation({ subject: { reference: 'Patient/1/_history/2', ...display } }),
  ],
  [
    'reference-type',
    observation({ subject: { reference: 'patient/1', ...display } }),
    observation({ subject: { reference: 'https://a.example/anything', ...display } }),
  ],
  [
    'reference-target',
    observation({ subject: { reference: 'https://a.example/fhir/Task/1', ...display } }),
    observation({ subject: { reference: 'https://a.example/fhir/Group/1', ...display } }),
  ],
  [
    'reference-unresolved',
    observation({ subject: { reference: 'urn:uuid:11111111-2222-4333-8444-555555555555', ...display } }),
    observation({ subject: { reference: 'Patient/1', ...display } }),
  ],
  ['ref-1', observation({ subject: { reference: '#p', ...display } }), contained({})],
  ['dom-1', contained(xhtml('x')), contained({ name: [{ text: 'x' }] })],
  ['dom-2', contained({ contained: [{ resourceType: 'Patient', id: 'd' }] }), contained({})],
  ['dom-3', contained({}, 'Patient/1'), contained({})],
  ['dom-4', contained({ meta: { versionId: '1' } }), contained({ meta: { profile: ['http://a.example'] } })],
  [
    'contained-unchecked',
    observation({
      specimen: { reference: '#s', ...display },
      contained: [{ resourceType: 'Specimen', id: 's' }],
    }),
    contained({}),
  ],
  ['pat-1', patient({ contact: [{ gender: 'female' }] }), patient({ contact: [{ name: { text: 'x' } }] })],
  [
    'obs-3',
    observation({ referenceRange: [{ appliesTo: [concept] }] }),
    observation({ referenceRange: [{ text: 'x' }] }),
  ],
  [
    'obs-6',
    observation({ valueString: 'x', dataAbsentReason: concept }),
    observation({ dataAbsentReason: concept }),
  ],
  [
    'obs-7',
    observation({
      code: loinc('1-8'),
      valueString: 'x',
      component: [{ code: loinc('1-8'), valueString: 'x' }],
    }),
    observation({ code: loinc('1-8'), component: [{ code: loinc('1-8'), valueString: 'x' }] }),
  ],
  [
    'qrs-1',
    questions({ answer: [{ valueBoolean: true }], item: [{ linkId: '2' }] }),
    questions({ answer: [{ valueBoolean: true, item: [{ linkId: '2' }] }] }),
  ],
  [
    'inv-1',
    task({ authoredOn: '2024-03-15', lastModified: '2024-03-14' }),
    task({ authoredOn: '2024-03-15', lastModified: '2024-03' }),
  ],
  ['lst-1', list({ emptyReason: concept, entry: [{ item: display }] }), list({ emptyReason: concept })],
  [
    'lst-2',
    list({ entry: [{ deleted: true, item: display }] }),
    list({ mode: 'changes', entry: [{ deleted: true, item: display }] }),
  ],
  ['mda-1', media({ type: 'audio', height: 3 }), media({ type: 'video', height: 3 })],
  ['mda-2', media({ type: 'audio', width: 3 }), media({ type: 'photo', width: 3 })],
  ['mda-3', media({ type: 'video', frames: 3 }), media({ type: 'photo', frames: 3 })],
  ['mda-4', media({ type: 'photo', duration: 3 }), media({ type: 'audio', duration: 3 })],
  ['org-1', { resourceType: 'Organization', active: true }, organization({})],
  [
    'org-2',
    organization({ address: [{ use: 'home', text: 'x' }] }),
    organization({ address: [{ use: 'work', text: 'x' }] }),
  ],
  [
    'org-3',
    organization({ telecom: [{ use: 'home', system: 'phone', value: '1' }] }),
    organization({ telecom: [{ use: 'work', system: 'phone', value: '1' }] }),
  ],
  ['cpt-2', patient({ telecom: [{ value: '1' }] }), patient({ telecom: [{ value: '1', _system: absent }] })],
  ['att-1', document({ data: 'QUJD' }), document({ data: 'QUJD', contentType: 'text/plain' })],
  [
    'per-1',
    extended('valuePeriod', { start: '2024-03', end: '2024-02-29' }),
    extended('valuePeriod', { start: '2024-03-15', end: '2024-03' }),
  ],
  [
    'qty-3',
    extended('valueQuantity', { value: 1, code: 'kg' }),
    extended('valueQuantity', { value: 1, unit: 'kg' }),
  ],
  [
    'rng-2',
    extended('valueRange', { low: { value: 2 }, high: { value: 1 } }),
    extended('valueRange', { low: { value: 2, unit: 'm' }, high: { value: 1, unit: 'km' } }),
  ],
  [
    'rat-1',
    extended('valueRatio', { numerator: { value: 1 } }),
    extended('valueRatio', { numerator: { value: 1 }, denominator: { value: 2 } }),
  ],
  [
    'age-1',
    extended('valueAge', { value: -1, system: ucum, code: 'a' }),
    extended('valueAge', { value: 1, system: ucum, code: 'a' }),
  ],
  [
    'cnt-3',
    extended('valueCount', { value: 1.5, system: ucum, code: '1' }),
    extended('valueCount', { value: 2, system: ucum, code: '1' }),
  ],
  [
    'dis-1',
    extended('valueDistance', { value: 1 }),
    extended('valueDistance', { value: 1, system: ucum, code: 'm' }),
  ],
  [
    'drt-1',
    extended('valueDuration', { system: ucum, code: 'h' }),
    extended('valueDuration', { value: 1, system: ucum, code: 'h' }),
  ],
  [
    'mny-1',
    extended('valueMoney', { value: 1, system: ucum, code: 'EUR' }),
    extended('valueMoney', { value: 1, system: 'urn:iso:std:iso:4217', code: 'EUR' }),
  ],
  ['tim-1', timing({ duration: 1 }), timing({ duration: 1, durationUnit: 'h' })],
  ['tim-2', timing({ period: 1 }), timing({ period: 1, periodUnit: 'h' })],
  ['tim-4', timing({ duration: -1, durationUnit: 'h' }), timing({ duration: 0, durationUnit: 'h' })],
  ['tim-5', timing({ period: -1, periodUnit: 'h' }), timing({ period: 0, periodUnit: 'h' })],
  ['tim-6', timing({ periodMax: 1 }), timing({ period: 1, periodUnit: 'h', periodMax: 2 })],
  ['tim-7', timing({ durationMax: 1 }), timing({ duration: 1, durationUnit: 'h', durationMax: 2 })],
  ['tim-8', timing({ countMax: 1 }), timing({ count: 1, countMax: 2 })],
  ['tim-9', timing({ offset: 5, when: ['C'] }), timing({ offset: 5, when: ['AC'] })],
  ['tim-10', timing({ timeOfDay: ['08:00:00'], when: ['AC'] }), timing({ timeOfDay: ['08:00:00'] })],
  ['attachment-url', document({ url: 'javascript:alert(1)' }), document({ url: 'Binary/1' })],
  [
    'attachment-size',
    document({ data: 'QUJD', contentType: 'text/plain', size: 4 }),
    document({ data: 'QUI=', contentType: 'text/plain', size: 2 }),
  ],
  [
    'binary-not-its-type',
    { resourceType: 'Binary', contentType: 'application/pdf', content: 'QUJD' },
    { resourceType: 'Binary', contentType: 'application/pdf', content: pdf },
  ],
  [
    'binary-not-its-type',
    document({ data: pdf, contentType: 'image/png' }),
    document({ data: 'QUJD', contentType: 'application/octet-stream' }),
  ],
  [
    'narrative-elements',
    patient(xhtml('<font>x</font>')),
    patient(xhtml('<table border="1"><tr><td colspan="2">x</td></tr></table>')),
  ],
  ['narrative-entities', patient(xhtml('a&nbsp;b')), patient(xhtml('a&#160;b &amp; c'))],
  ['resource-not-sendable', { resourceType: 'Condition' }, { resourceType: 'Device' }],
  ['profile', patient({ meta: { versionId: '1' } }), patient({ meta: { _profile: [absent] } })],
  [
    'request-url-form',
    { request: { method: 'POST', url: '../Patient' }, resource: patient() },
    { request: { method: 'POST', url: 'Patient' }, resource: patient() },
  ],
  [
    'request-url-type',
    { request: { method: 'POST', url: 'Observation' }, resource: patient() },
    { request: { method: 'POST', url: 'Patient/$validate' }, resource: patient() },
  ],
  [
    'request-url-post',
    { request: { method: 'POST', url: 'Patient/1' }, resource: patient() },
    { request: { method: 'POST', url: 'Patient/' }, resource: patient() },
  ],
  [
    'request-url-put',
    {
      fullUrl: 'https://a.example/Patient/1',
      request: { method: 'PUT', url: 'Patient/2' },
      resource: patient({ id: '1' }),
    },
    { request: { method: 'PUT', url: 'Patient?identifier=http://a.example|1' }, resource: patient() },
  ],
  [
    'request-url-absolute',
    { request: { method: 'POST', url: 'https://a.example/Patient' }, resource: patient() },
    { request: { method: 'POST', url: 'Patient' }, resource: patient() },
  ],
  [
    'full-url-form',
    { fullUrl: 'Patient/1', resource: patient() },
    { fullUrl: 'urn:oid:1.2.3', resource: patient() },
  ],
  [
    'full-url-id',
    {
      fullUrl: 'https://a.example/Patient/2',
      request: { method: 'PUT', url: 'Patient/1' },
      resource: patient({ id: '1' }),
    },
    {
      fullUrl: 'https://a.example/Patient/1',
      request: { method: 'PUT', url: 'Patient/1' },
      resource: patient({ id: '1' }),
    },
  ],
  [
    'full-url-urn-id',
    { fullUrl: 'urn:oid:1.2.3', resource: patient({ id: 'x' }) },
    { fullUrl: 'urn:oid:1.2.3', resource: patient() },
  ],
  [
    'put-full-url',
    { request: { method: 'PUT', url: 'Patient/1' }, resource: patient({ id: '1' }) },
    { request: { method: 'PUT', url: 'Patient?active=true' }, resource: patient() },
  ],
  [
    'put-id',
    { fullUrl: 'urn:oid:1.2.3', request: { method: 'PUT', url: 'Patient/1' }, resource: patient() },
    { request: { method: 'PUT', url: 'Patient?active=true' }, resource: patient() },
  ],
  ['post-id', patient({ id: 'x' }), patient()],
  [
    'post-full-url',
    { fullUrl: 'https://a.example/Patient/1', resource: patient() },
    { fullUrl: 'urn:oid:1.2.3', resource: patient() },
  ],
  [
    'bdl-8',
    { fullUrl: 'https://a.example/Patient/1/_history/2', resource: patient() },
    { fullUrl: 'urn:oid:1.2.3', resource: patient() },
  ],
  ['bdl-2', { search: { mode: 'match' }, resource: patient() }, { resource: patient() }],
  ['bdl-4', { response: { status: '201' }, resource: patient() }, { resource: patient() }],
  [
    'request-method',
    { request: { method: 'DELETE', url: 'Patient/1' }, resource: patient() },
    { resource: patient() },
  ],
  ['resource-absent', { request: { method: 'POST', url: 'Patient' } }, { resource: patient() }],
  [
    'task-method',
    task({}),
    {
      fullUrl: 'https://a.example/Task/1',
      request: { method: 'PUT', url: 'Task/1' },
      resource: task({ id: '1' }),
    },
  ],
  ['task-status', task({ status: 'draft' }), task({})],
  [
    'vital-sign-type',
    patient({ meta: { profile: ['http://nictiz.nl/fhir/StructureDefinition/zib-BodyWeight'] } }),
    weight(quantity(80, 'kg')),
  ],
  [
    'vital-sign-category',
    weight({ category: undefined, ...quantity(80, 'kg') }),
    zib('Respiration', {
      category: undefined,
      code: snomed('422834003'),
      component: [{ code: loinc('9279-1'), ...quantity(16, '/min') }],
    }),
  ],
  [
    'vital-sign-category-system',
    weight({
      category: [{ coding: [{ system: 'http://a.example', code: 'vital-signs', display: 'x' }] }],
      ...quantity(80, 'kg'),
    }),
    weight(quantity(80, 'kg')),
  ],
  [
    'vital-sign-time',
    weight({ effectiveDateTime: undefined, ...quantity(80, 'kg') }),
    weight({ effectiveDateTime: undefined, effectivePeriod: { start: '2024' }, ...quantity(80, 'kg') }),
  ],
  [
    'vital-sign-subject',
    weight({ subject: undefined, ...quantity(80, 'kg') }),
    weight({ subject: absent, ...quantity(80, 'kg') }),
  ],
  [
    'vital-sign-code',
    weight({ code: loinc('8302-2'), ...quantity(80, 'kg') }),
    weight({
      code: { coding: [...snomed('27113001').coding, ...loinc('29463-7').coding] },
      ...quantity(80, 'kg'),
    }),
  ],
  ['vital-sign-value', weight({}), weight({ dataAbsentReason: concept })],
  [
    'vital-sign-quantity',
    weight(quantity(80, 'kg', { value: undefined })),
    weight(quantity(80, 'kg', { value: undefined, _value: absent })),
  ],
  [
    'vital-sign-unit-words',
    zib('BloodPressure', {
      code: loinc('85354-9'),
      component: [pressure('8480-6', 120, { unit: undefined }), pressure('8462-4', 80)],
    }),
    zib('BloodPressure', {
      code: loinc('85354-9'),
      component: [pressure('8480-6', 120), pressure('8462-4', 80)],
    }),
  ],
  [
    'vital-sign-unit-system',
    weight(quantity(80, 'kg', { system: 'http://a.example' })),
    weight(quantity(80, 'kg', { system: undefined, _system: absent })),
  ],
  ['vital-sign-unit', weight(quantity(80, 'KG')), weight(quantity(176, '[lb_av]'))],
  [
    'vital-sign-unit',
    zib('HeartRate', { code: loinc('8867-4'), ...quantity(60, 'bpm') }),
    zib('HeartRate', { code: loinc('8867-4'), ...quantity(60, '{beats}/min') }),
  ],
  [
    'vital-sign-component',
    zib('BloodPressure', { code: loinc('85354-9'), component: [pressure('8480-6', 120)] }),
    zib('BloodPressure', {
      code: loinc('85354-9'),
      component: [pressure('8480-6', 120), { code: loinc('8462-4'), dataAbsentReason: concept }],
    }),
  ],
  ['vital-sign-unlikely', weight(quantity(8000, 'kg')), weight(quantity(80_000, 'g'))],
  [
    'glucose-unit',
    observation({ code: loinc('14743-9'), ...quantity(5, 'mg/dL') }),
    observation({ code: loinc('2345-7'), ...quantity(90, 'mg/dL') }),
  ],
];
