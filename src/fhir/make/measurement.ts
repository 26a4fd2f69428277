import { loinc, snomed, ucum } from '../rules/code-forms.js';
import {
  FieldReader,
  type FormField,
  type FormInput,
  type FormResult,
  type MakeContext,
  zoneOf,
} from './form.js';
import { finish, from } from './made.js';
import { makePerson, personFields } from './person.js';

const zib = 'http://nictiz.nl/fhir/StructureDefinition/zib-';

/** A code with the words of its code system. */
interface Term {
  system: string;
  code: string;
  display: string;
}

/** One kind of measurement: what is asked, and how STU3 and the zibs write it down. */
interface Measurement {
  profile: string;
  codes: readonly Term[];
  /** In Dutch, as the receivers read it. */
  text: string;
  category?: Term;
  unit: { unit: string; code: string };
  /** The value itself, or the components in their order with their codes. */
  value: FormField | readonly (FormField & { term: Term; text: string })[];
}

const vitalSigns: Term = {
  system: 'http://hl7.org/fhir/observation-category',
  code: 'vital-signs',
  display: 'Vital Signs',
};
const term = (code: string, display: string): Term => ({ system: loinc, code, display });
const number = (name: string, min: number, max: number, decimals: number, unit: string): FormField => ({
  name,
  kind: 'number',
  required: true,
  min,
  max,
  decimals,
  unit,
});
const perMinute = { unit: '/min', code: '/min' };

/** The measurements, by the name of their form. The bounds are within those beyond which the check asks for a second look. */
export const measurements = {
  'blood-pressure': {
    profile: `${zib}BloodPressure`,
    codes: [term('85354-9', 'Blood pressure panel with all children optional')],
    text: 'Bloeddruk',
    category: vitalSigns,
    unit: { unit: 'mmHg', code: 'mm[Hg]' },
    value: [
      {
        ...number('systolic', 10, 400, 0, 'mmHg'),
        term: term('8480-6', 'Systolic blood pressure'),
        text: 'Bovendruk',
      },
      {
        ...number('diastolic', 10, 400, 0, 'mmHg'),
        term: term('8462-4', 'Diastolic blood pressure'),
        text: 'Onderdruk',
      },
    ],
  },
  weight: {
    profile: `${zib}BodyWeight`,
    codes: [term('29463-7', 'Body weight')],
    text: 'Lichaamsgewicht',
    category: vitalSigns,
    unit: { unit: 'kg', code: 'kg' },
    value: number('weight', 0.2, 650, 2, 'kg'),
  },
  temperature: {
    profile: `${zib}BodyTemperature`,
    codes: [term('8310-5', 'Body temperature')],
    text: 'Lichaamstemperatuur',
    category: vitalSigns,
    unit: { unit: '°C', code: 'Cel' },
    value: number('temperature', 20, 46, 2, '°C'),
  },
  pulse: {
    profile: `${zib}PulseRate`,
    codes: [term('8893-0', 'Heart rate Peripheral artery by Palpation')],
    text: 'Polsfrequentie',
    category: vitalSigns,
    unit: perMinute,
    value: number('pulse', 10, 400, 0, '/min'),
  },
  saturation: {
    profile: `${zib}OxygenSaturation`,
    codes: [
      term('59408-5', 'Oxygen saturation in Arterial blood by Pulse oximetry'),
      term('2708-6', 'Oxygen saturation in Arterial blood'),
    ],
    text: 'Zuurstofsaturatie',
    category: vitalSigns,
    unit: { unit: '%', code: '%' },
    value: number('saturation', 30, 100, 1, '%'),
  },
  respiration: {
    profile: `${zib}Respiration`,
    codes: [{ system: snomed, code: '422834003', display: 'Respiratory assessment' }],
    text: 'Ademhaling',
    unit: perMinute,
    value: [
      {
        ...number('respiration', 1, 200, 0, '/min'),
        term: term('9279-1', 'Respiratory rate'),
        text: 'Ademfrequentie',
      },
    ],
  },
  glucose: {
    profile: `${zib}LaboratoryTestResult-Observation`,
    codes: [term('14743-9', 'Glucose [Moles/volume] in Capillary blood by Glucometer')],
    text: 'Glucose in capillair bloed',
    category: {
      system: snomed,
      code: '49581000146104',
      display: 'bevinding betreffende laboratoriumonderzoek',
    },
    unit: { unit: 'mmol/L', code: 'mmol/L' },
    value: number('glucose', 0.1, 100, 1, 'mmol/L'),
  },
} as const satisfies Record<string, Measurement>;

export type MeasurementId = keyof typeof measurements;

const takenAt: FormField = { name: 'takenAt', kind: 'moment', required: true };
const note: FormField = { name: 'note', kind: 'long-text' };

const valueFields = ({ value }: Measurement): readonly FormField[] => ('name' in value ? [value] : value);

/** What the form of a measurement asks for. */
export function measurementFields(id: MeasurementId): FormField[] {
  return [...valueFields(measurements[id]), takenAt, note, ...personFields];
}

/** Makes the batch of one measurement: the person and the Observation. What is missing is left out of it. */
export function makeMeasurement(id: MeasurementId, input: FormInput, context: MakeContext): FormResult {
  const { profile, codes, text, category, unit, value }: Measurement = measurements[id];
  const read = new FieldReader(input, context.now);
  const quantity = (field: FormField, found: number | undefined) =>
    found === undefined ? undefined : { value: from(field.name, found), ...unitOf(unit) };
  const parts = 'name' in value ? [] : value.map((part) => ({ part, found: read.number(part) }));
  const own = 'name' in value ? { field: value, found: read.number(value) } : undefined;
  const [high, low] = parts;
  if (high?.found !== undefined && low?.found !== undefined && high.found < low.found) {
    read.fail(low.part, 'below', { max: high.found });
  }
  const moment = read.moment(takenAt, zoneOf(input));
  const person = makePerson(read, context.newId());
  const observation = {
    resourceType: 'Observation',
    meta: { profile: [profile] },
    status: 'final',
    category: category && [{ coding: [category] }],
    code: { coding: codes, text },
    subject: person.reference,
    effectiveDateTime: from('takenAt', moment),
    performer: [person.reference],
    valueQuantity: own && quantity(own.field, own.found),
    comment: from('note', read.text(note)),
    component: parts.map(({ part, found }) =>
      found === undefined
        ? undefined
        : { code: { coding: [part.term], text: part.text }, valueQuantity: quantity(part, found) },
    ),
  };
  const made = finish({
    resourceType: 'Bundle',
    type: 'batch',
    entry: [
      person.entry,
      {
        fullUrl: `urn:uuid:${context.newId()}`,
        resource: observation,
        request: { method: 'POST', url: 'Observation' },
      },
    ],
  });
  return { ...made, problems: read.problems };
}

const unitOf = ({ unit, code }: Measurement['unit']) => ({ unit, system: ucum, code });
