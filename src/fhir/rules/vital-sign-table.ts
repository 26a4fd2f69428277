import { type Fields, isFields, objectsIn } from '../walk-resource.js';
import { loinc, snomed } from './code-forms.js';

const zib = 'http://nictiz.nl/fhir/StructureDefinition/';
const hl7 = 'http://hl7.org/fhir/StructureDefinition/';

/** What one unit of a sign allows: beyond `from` and `to` a value is worth a second look. */
export interface UnitRange {
  from: number;
  to: number;
}

/**
 * One vital sign. The units are the ones of HL7's value sets for vital signs (ucum-bodyweight, ucum-bodylength,
 * ucum-bodytemp, and the fixed codes of the other profiles) with their metric relatives; a parser of all of UCUM would
 * accept no more of them.
 */
export interface VitalSign {
  profiles: readonly string[];
  /** Any of these codes is the sign; a concept may carry further ones. */
  codes: Readonly<Record<string, readonly string[]>>;
  units: Readonly<Record<string, UnitRange>>;
  /** The value is not of the Observation itself, but of components with these LOINC codes. */
  components?: Readonly<Record<string, string>>;
  /** Whether every one of the components must be there. */
  needsComponents?: boolean;
  /** zib-Respiration has no category in its profile. */
  withoutCategory?: boolean;
  /** The words of the unit may be left out. */
  withoutUnitWords?: boolean;
}

const perMinute = { from: 0, to: 400 };
const rates = { '/min': perMinute, '1/min': perMinute, 'min-1': perMinute };

export const vitalSigns: readonly VitalSign[] = [
  {
    profiles: [`${zib}zib-BloodPressure`, `${hl7}bp`],
    codes: { [loinc]: ['85354-9', '55284-4'], [snomed]: ['75367002'] },
    units: { 'mm[Hg]': { from: 10, to: 400 } },
    components: { '8480-6': 'systolic', '8462-4': 'diastolic' },
    needsComponents: true,
    withoutUnitWords: true,
  },
  {
    profiles: [`${zib}zib-BodyWeight`, `${hl7}bodyweight`],
    codes: {
      [loinc]: ['29463-7', '3141-9', '3142-7', '8335-2', '8350-1', '8351-9'],
      [snomed]: ['27113001', '363808001'],
    },
    units: {
      kg: { from: 0.2, to: 650 },
      g: { from: 200, to: 650_000 },
      '[lb_av]': { from: 0.4, to: 1500 },
      '[oz_av]': { from: 7, to: 24_000 },
    },
  },
  {
    profiles: [`${zib}zib-BodyHeight`, `${hl7}bodyheight`],
    codes: {
      [loinc]: ['8302-2', '3137-7', '3138-5', '8305-5', '8306-3', '8307-1', '8308-9'],
      [snomed]: ['50373000', '1153637007', '248333004'],
    },
    units: {
      cm: { from: 20, to: 280 },
      m: { from: 0.2, to: 2.8 },
      mm: { from: 200, to: 2800 },
      '[in_i]': { from: 8, to: 110 },
      '[ft_i]': { from: 0.6, to: 9.2 },
    },
  },
  {
    profiles: [`${zib}zib-BodyTemperature`, `${hl7}bodytemp`],
    codes: {
      [loinc]: [
        '8310-5',
        '8328-7',
        '8329-5',
        '8330-3',
        '8331-1',
        '8332-9',
        '8333-7',
        '8334-5',
        '76010-8',
        '76011-6',
      ],
      [snomed]: ['386725007', '276885007'],
    },
    units: { Cel: { from: 20, to: 46 }, '[degF]': { from: 68, to: 115 } },
  },
  {
    profiles: [`${zib}zib-HeartRate`, `${hl7}heartrate`],
    codes: { [loinc]: ['8867-4', '8889-8', '8893-0'], [snomed]: ['364075005'] },
    units: rates,
  },
  {
    profiles: [`${zib}zib-PulseRate`],
    codes: { [loinc]: ['8893-0', '8867-4', '8889-8'], [snomed]: ['8499008', '78564009', '364075005'] },
    units: rates,
  },
  {
    profiles: [`${zib}zib-OxygenSaturation`, `${hl7}oxygensat`],
    codes: { [loinc]: ['59408-5', '2708-6', '20564-1'], [snomed]: ['431314004', '442476006', '103228002'] },
    units: { '%': { from: 30, to: 100 } },
  },
  {
    profiles: [`${zib}zib-Respiration`],
    codes: { [snomed]: ['422834003'], [loinc]: ['9279-1', '76270-8'] },
    units: rates,
    components: { '9279-1': 'respiratory rate' },
    withoutCategory: true,
  },
  {
    profiles: [`${hl7}resprate`],
    codes: { [loinc]: ['9279-1', '76270-8'], [snomed]: ['86290005'] },
    units: rates,
  },
];

/** LOINC's property tells the dimension: moles per volume, or mass per volume. */
const glucoseInMoles = new Set(['14743-9', '15074-8', '14749-6', '14771-0', '14760-3', '14770-2']);
const glucoseInMass = new Set(['2339-0', '2340-8', '2345-7', '41653-7', '1558-6', '1556-0']);

/** What the unit of a blood glucose must look like, and an example of it; `undefined` where it is none. */
export function glucoseUnit(concept: unknown): { fits: RegExp; example: string } | undefined {
  const codes = loincCodesOf(concept);
  if (codes.some((code) => glucoseInMoles.has(code)))
    return { fits: /^[munp]?mol\/[mdc]?[Ll]$/, example: 'mmol/L' };
  if (codes.some((code) => glucoseInMass.has(code)))
    return { fits: /^[kmun]?g\/[mdc]?[Ll]$/, example: 'mg/dL' };
  return undefined;
}

/** The codes of LOINC in a concept. */
export function loincCodesOf(concept: unknown): string[] {
  return codingsOf(concept)
    .filter(({ system }) => system === loinc)
    .map(({ code }) => String(code));
}

/** Whether a concept carries one of the codes of a sign. */
export function isCodedAs({ codes }: VitalSign, concept: unknown): boolean {
  return codingsOf(concept).some(
    ({ system, code }) =>
      typeof code === 'string' &&
      Object.hasOwn(codes, String(system)) &&
      (codes[String(system)]?.includes(code) ?? false),
  );
}

function codingsOf(concept: unknown): Fields[] {
  return objectsIn(isFields(concept) ? concept.coding : undefined);
}
