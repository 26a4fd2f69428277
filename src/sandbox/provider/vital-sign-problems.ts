import { isObject, isText, type JsonObject, type Problem } from './problem.js';

const profileBase = 'http://nictiz.nl/fhir/StructureDefinition/';
const bloodPressure = `${profileBase}zib-BloodPressure`;
const vitalSigns = new Set([
  bloodPressure,
  ...[
    'BodyWeight',
    'BodyHeight',
    'BodyTemperature',
    'HeartRate',
    'PulseRate',
    'Respiration',
    'OxygenSaturation',
  ].map((name) => `${profileBase}zib-${name}`),
]);
const loinc = 'http://loinc.org';
const ucum = 'http://unitsofmeasure.org';
const pressures = { '8480-6': 'systolic', '8462-4': 'diastolic' };

/** What an Observation with a vital sign's profile lacks of what that profile wants; nothing for other resources. */
export function vitalSignProblems(resource: JsonObject, path: string): Problem[] {
  const profiles =
    isObject(resource.meta) && Array.isArray(resource.meta.profile) ? resource.meta.profile : [];
  if (resource.resourceType !== 'Observation' || !profiles.some((profile) => vitalSigns.has(profile)))
    return [];
  const problems: Problem[] = [];
  const error = (place: string, message: string) =>
    problems.push({ severity: 'error', expression: `${path}.${place}`, message });
  if (!Array.isArray(resource.category) || resource.category.length === 0) error('category', 'is missing');
  if (!Object.keys(resource).some((key) => key.startsWith('effective'))) error('effective', 'is missing');
  if (profiles.includes(bloodPressure)) {
    if (!hasCode(resource.code, '85354-9')) error('code', 'must hold LOINC 85354-9, blood pressure');
    for (const [code, name] of Object.entries(pressures)) pressureProblems(resource, code, name, error);
  } else {
    quantityProblems(resource.valueQuantity, 'valueQuantity', error);
  }
  return problems;
}

type Report = (place: string, message: string) => void;

function pressureProblems({ component }: JsonObject, code: string, name: string, error: Report): void {
  const components: unknown[] = Array.isArray(component) ? component : [];
  const index = components.findIndex((one) => isObject(one) && hasCode(one.code, code));
  const found = components[index];
  if (!isObject(found)) {
    error('component', `the ${name} pressure is missing (LOINC ${code})`);
    return;
  }
  const place = `component[${index}].valueQuantity`;
  quantityProblems(found.valueQuantity, place, error);
  if (isObject(found.valueQuantity) && found.valueQuantity.code !== 'mm[Hg]')
    error(`${place}.code`, 'must be mm[Hg]');
}

function quantityProblems(quantity: unknown, place: string, error: Report): void {
  if (!isObject(quantity)) {
    error(place, 'is missing: { value, unit, system, code }');
    return;
  }
  if (typeof quantity.value !== 'number') error(`${place}.value`, 'must be a number');
  if (!isText(quantity.unit)) error(`${place}.unit`, 'is missing');
  if (quantity.system !== ucum) error(`${place}.system`, `must be ${ucum}`);
  if (!isText(quantity.code)) error(`${place}.code`, 'is missing');
}

function hasCode(concept: unknown, code: string): boolean {
  if (!isObject(concept) || !Array.isArray(concept.coding)) return false;
  return concept.coding.some((coding) => isObject(coding) && coding.system === loinc && coding.code === code);
}
