import type { PathSegment } from '../explain/problem.js';
import { readCodeSystems } from '../structure/structure.js';
import { isFields } from '../walk-resource.js';
import type { Conversion, Json } from './conversion.js';

const codeSystems = readCodeSystems();
const r4System = /^https?:\/\/terminology\.hl7\.org\/CodeSystem\/(.+)$/;

/** The vital signs of nl-core in R4 are the zibs of STU3; nl-core itself goes by another address. */
const zibs = new Set(
  'BloodPressure BodyWeight BodyHeight BodyTemperature HeartRate PulseRate OxygenSaturation Respiration'.split(
    ' ',
  ),
);
const dutchR4 = /^http:\/\/nictiz\.nl\/fhir\/StructureDefinition\/(?:nl-core|zib)-([A-Za-z]+)(\|.*)?$/;
const dutchPeople = new Set('Patient Organization Practitioner PractitionerRole RelatedPerson'.split(' '));

/** Types of values that R4 has and STU3 says in another way. */
const valueKeys: Readonly<Record<string, string>> = {
  valueCanonical: 'valueUri',
  valueUrl: 'valueUri',
  valueUuid: 'valueUri',
};
/** What became another kind of resource. */
const renamedTypes: Readonly<Record<string, string>> = {
  ServiceRequest: 'ProcedureRequest',
  MolecularSequence: 'Sequence',
};

/** Turns the data types in an object, at any depth, into those of STU3; `goesInto` says which elements to look into. */
export function convertDataTypes(
  root: Json,
  path: readonly PathSegment[],
  conversion: Conversion,
  goesInto: (key: string) => boolean = () => true,
): void {
  const here: PathSegment[] = [...path];

  const walk = (value: Json, isRoot: boolean): void => {
    convertObject(value, here, conversion, isRoot);
    for (const [key, child] of Object.entries(value)) {
      if (typeof child !== 'object' || child === null || (isRoot && !goesInto(key))) continue;
      here.push(key);
      if (Array.isArray(child)) {
        for (const [index, item] of child.entries()) {
          if (!isFields(item)) continue;
          here.push(index);
          walk(item as Json, false);
          here.pop();
        }
      } else walk(child as Json, false);
      here.pop();
    }
  };
  walk(root, true);
}

function convertObject(
  value: Json,
  path: readonly PathSegment[],
  conversion: Conversion,
  isRoot: boolean,
): void {
  const at = conversion.at(value, path);
  const key = path.findLast((segment) => typeof segment === 'string');
  if (!isRoot && typeof value.reference === 'string' && typeof value.type === 'string') at.remove('type');
  if (typeof value.reference === 'string') {
    const found = /^(.*?)(ServiceRequest|MolecularSequence)(\/[A-Za-z0-9.-]{1,64}.*)$/.exec(value.reference);
    if (found) {
      const to = `${found[1]}${renamedTypes[found[2] ?? '']}${found[3]}`;
      at.replace('reference', 'reference', () => to, 'r4-target');
    }
  }
  if (key === 'meta') {
    at.remove('source');
    if (Array.isArray(value.profile)) convertProfiles(value, path, conversion);
  }
  for (const [name, to] of Object.entries(valueKeys)) if (path.includes('extension')) at.rename(name, to);
  const { system } = value;
  if (typeof system !== 'string') return;
  const stu3 = stu3System(system);
  if (stu3 !== undefined) at.replace('system', 'system', () => stu3, 'r4-system');
}

/** The address that STU3 has for a code system of terminology.hl7.org; `undefined` where it has none. */
function stu3System(system: string): string | undefined {
  const name = r4System.exec(system)?.[1];
  if (name === undefined) return undefined;
  const [, version, rest] = /^v([23])-(.+)$/.exec(name) ?? [];
  if (version !== undefined) return `http://hl7.org/fhir/v${version}/${rest}`;
  const same = `http://hl7.org/fhir/${name}`;
  return codeSystems.has(same) ? same : undefined;
}

function convertProfiles(meta: Json, path: readonly PathSegment[], conversion: Conversion): void {
  const profiles = meta.profile as unknown[];
  for (const [index, profile] of profiles.entries()) {
    const name = typeof profile === 'string' ? dutchR4.exec(profile)?.[1] : undefined;
    if (name === undefined) continue;
    const to = zibs.has(name)
      ? `http://nictiz.nl/fhir/StructureDefinition/zib-${name}`
      : dutchPeople.has(name)
        ? `http://fhir.nl/fhir/StructureDefinition/nl-core-${name.toLowerCase()}`
        : undefined;
    if (to === undefined || to === profile) continue;
    profiles[index] = to;
    conversion.tell([...path, 'profile', index], 'r4-profile', {}, profile, to);
  }
}
