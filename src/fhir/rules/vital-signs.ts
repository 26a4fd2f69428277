import type { PathSegment, Report } from '../problem.js';
import { type Fields, isFields, objectsIn } from '../walk-resource.js';
import { profilesOf } from './profile.js';
import type { EntryRule } from './rule.js';

const PROFILE_BASE = 'http://nictiz.nl/fhir/StructureDefinition/';
const BLOOD_PRESSURE = `${PROFILE_BASE}zib-BloodPressure`;
const ONE_VALUE = [
  'zib-BodyWeight',
  'zib-BodyHeight',
  'zib-BodyTemperature',
  'zib-HeartRate',
  'zib-PulseRate',
  'zib-Respiration',
  'zib-OxygenSaturation',
].map((name) => PROFILE_BASE + name);
const LOINC = 'http://loinc.org';
const UCUM = 'http://unitsofmeasure.org';
const BLOOD_PRESSURE_PANEL = '85354-9';
const PRESSURES = { '8480-6': 'systolic', '8462-4': 'diastolic' };
const MILLIMETRES_OF_MERCURY = 'mm[Hg]';

/** The profiles of vital signs: each wants `category`, `effective[x]` and a Quantity that a machine can compare. */
export const vitalSignIsComplete: EntryRule = ({ resource, path }, report) => {
  const profiles = profilesOf(resource);
  const isBloodPressure = profiles.includes(BLOOD_PRESSURE);
  if (!isBloodPressure && !profiles.some((profile) => ONE_VALUE.includes(profile))) return;
  const place = [...path, 'resource'];
  if (resource.resourceType !== 'Observation') {
    report([...place, 'resourceType'], 'this profile is for an Observation');
    return;
  }
  if (resource.category === undefined) {
    report([...place, 'category'], 'a vital sign needs its category: vital-signs');
  }
  if (!Object.keys(resource).some((key) => /^_?effective[A-Z]/.test(key))) {
    report([...place, 'effectiveDateTime'], 'a vital sign needs the time it was measured');
  }
  if (isBloodPressure) checkBloodPressure(resource, place, report);
  else checkQuantity(resource, place, report);
};

function checkBloodPressure(observation: Fields, path: PathSegment[], report: Report): void {
  if (!hasLoincCode(observation.code, BLOOD_PRESSURE_PANEL)) {
    report([...path, 'code'], `a blood pressure has the LOINC code ${BLOOD_PRESSURE_PANEL}`);
  }
  const components = Array.isArray(observation.component) ? observation.component : [];
  const absent: string[] = [];
  for (const [code, name] of Object.entries(PRESSURES)) {
    const index = components.findIndex((part) => isFields(part) && hasLoincCode(part.code, code));
    const component = components[index];
    if (!isFields(component)) absent.push(`${name} (LOINC ${code})`);
    else checkQuantity(component, [...path, 'component', index], report, MILLIMETRES_OF_MERCURY);
  }
  if (absent.length > 0) {
    report([...path, 'component'], `a blood pressure needs a component for: ${absent.join(', ')}`);
  }
}

function checkQuantity(holder: Fields, path: PathSegment[], report: Report, unitCode?: string): void {
  const quantity = holder.valueQuantity;
  if (quantity === undefined && holder.dataAbsentReason !== undefined) return;
  const place = [...path, 'valueQuantity'];
  if (!isFields(quantity)) {
    report(place, 'required: a quantity with value, unit, system and code');
    return;
  }
  for (const key of ['value', 'unit', 'code']) {
    if (quantity[key] === undefined) report([...place, key], `the quantity of a vital sign needs its ${key}`);
  }
  if (quantity.system !== UCUM) report([...place, 'system'], `must be "${UCUM}"`);
  if (unitCode !== undefined && quantity.code !== undefined && quantity.code !== unitCode) {
    report([...place, 'code'], `must be "${unitCode}"`);
  }
}

function hasLoincCode(concept: unknown, wanted: string): boolean {
  return (
    isFields(concept) &&
    objectsIn(concept.coding).some(({ system, code }) => system === LOINC && code === wanted)
  );
}
