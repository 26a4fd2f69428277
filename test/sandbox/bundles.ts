import type { Json } from './signing-client.js';

const patientProfile = 'http://fhir.nl/fhir/StructureDefinition/nl-core-patient';
const zib = 'http://nictiz.nl/fhir/StructureDefinition/zib-';
const patientUrl = 'urn:uuid:0b1c6a52-3c4e-4a52-9d4f-0a6ef1a0c001';

function coding(system: string, code: string, display: string): Json {
  return { coding: [{ system, code, display }] };
}

export const patientEntry = {
  fullUrl: patientUrl,
  resource: {
    resourceType: 'Patient',
    meta: { profile: [patientProfile] },
    identifier: [
      {
        system: 'http://fhir.nl/fhir/NamingSystem/bsn',
        _value: {
          extension: [
            { url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'masked' },
          ],
        },
      },
    ],
    name: [{ family: 'Sandbox' }],
  },
  request: { method: 'POST', url: 'Patient' },
};

/** A self-measurement of a vital sign; `uuid` ends its fullUrl. */
export function observation(name: string, values: Json, uuid = '000000000002') {
  return {
    fullUrl: `urn:uuid:0b1c6a52-3c4e-4a52-9d4f-${uuid}`,
    resource: {
      resourceType: 'Observation',
      meta: { profile: [`${zib}${name}`] },
      status: 'final',
      category: [coding('http://hl7.org/fhir/observation-category', 'vital-signs', 'Vital Signs')],
      subject: { reference: patientUrl, display: 'A. Sandbox' },
      effectiveDateTime: '2026-01-02T03:04:05+01:00',
      ...values,
    },
    request: { method: 'POST', url: 'Observation' },
  };
}

export function quantity(value: number, unit: string): Json {
  return { value, unit, system: 'http://unitsofmeasure.org', code: unit };
}

function pressure(code: string, display: string, value: number): Json {
  return { code: coding('http://loinc.org', code, display), valueQuantity: quantity(value, 'mm[Hg]') };
}

export const weightEntry = observation('BodyWeight', {
  code: coding('http://loinc.org', '29463-7', 'Body weight'),
  valueQuantity: quantity(72.5, 'kg'),
});

export const bloodPressure = observation(
  'BloodPressure',
  {
    code: coding('http://loinc.org', '85354-9', 'Blood pressure panel'),
    component: [pressure('8480-6', 'Systolic', 121), pressure('8462-4', 'Diastolic', 79)],
  },
  '000000000003',
);

/** The batch of self-measurements that every broken one in the tests departs from. */
export function batch(...entry: unknown[]): Json {
  return {
    resourceType: 'Bundle',
    type: 'batch',
    entry: entry.length ? entry : [patientEntry, weightEntry, bloodPressure],
  };
}

/** The good batch with the value at each path (such as `entry.1.request.method`) replaced, or removed for `undefined`. */
export function brokenBatch(changes: Record<string, unknown>): Json {
  const bundle = structuredClone(batch());
  for (const [path, value] of Object.entries(changes)) {
    const keys = path.split('.');
    const last = keys.pop() ?? '';
    let parent = bundle;
    for (const key of keys) parent = parent[key] as Json;
    if (value === undefined) delete parent[last];
    else parent[last] = value;
  }
  return bundle;
}
