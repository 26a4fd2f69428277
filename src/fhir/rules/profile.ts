import { nearestName } from '../explain/nearest-name.js';
import { otherResourceTypes } from '../structure/other-resource-types.js';
import { sendableTypes } from '../structure/shapes.js';
import { isFields } from '../walk-resource.js';
import { isPresent } from './data-absent.js';
import type { EntryRule } from './rule.js';
import { vitalSigns } from './vital-sign-table.js';

const types = new Set([...sendableTypes, ...otherResourceTypes]);
const byLowerCase = new Map([...types].map((type) => [type.toLowerCase(), type]));
const knownProfiles = new Set(vitalSigns.flatMap(({ profiles }) => profiles));

/** MedMij: every resource but Binary names its profile. */
export const resourceHasProfile: EntryRule = ({ resource, path }, report) => {
  if (resource.resourceType === 'Binary' || profilesOf(resource).length > 0) return;
  if (isFields(resource.meta) && isPresent(resource.meta, 'profile')) return;
  report([...path, 'resource', 'meta', 'profile'], 'profile');
};

/** A profile is named by its whole address, is one of this type of resource, and (a remark) not a misspelt one. */
export const profileFits: EntryRule = ({ resource, path }, report) => {
  for (const [index, profile] of profilesOf(resource).entries()) {
    const place = [...path, 'resource', 'meta', 'profile', index];
    if (!/^(?:https?:\/\/[^/]|urn:)\S+$/i.test(profile)) {
      report(place, 'profile-form');
      continue;
    }
    const type = typeOf(profile);
    if (type !== undefined && type !== resource.resourceType) report(place, 'profile-type', { type });
    const near = resource.resourceType === 'Observation' ? nearProfile(profile) : undefined;
    if (near !== undefined) report(place, 'profile-near', { near });
  }
};

/** The profiles a resource claims to follow, without the version after `|`. */
export function profilesOf(resource: Readonly<Record<string, unknown>>): string[] {
  const profile = isFields(resource.meta) ? resource.meta.profile : undefined;
  const names = Array.isArray(profile) ? profile.filter((name) => typeof name === 'string') : [];
  return names.map((name) => name.split('|')[0] ?? name);
}

/** The type that a profile of HL7, or one of nl-core, is about; `undefined` where its name does not tell. */
function typeOf(profile: string): string | undefined {
  const base = /^http:\/\/hl7\.org\/fhir\/StructureDefinition\/([A-Z][A-Za-z]+)$/.exec(profile)?.[1];
  if (base !== undefined) return types.has(base) ? base : undefined;
  const dutch = /^http:\/\/fhir\.nl\/fhir\/StructureDefinition\/nl-core-([a-z]+)$/.exec(profile)?.[1];
  return dutch === undefined ? undefined : byLowerCase.get(dutch);
}

/** A misspelt name would switch the rules of its profile off in silence. */
function nearProfile(profile: string): string | undefined {
  if (knownProfiles.has(profile)) return undefined;
  const [, tail] =
    /^https?:\/\/(?:www\.)?(?:nictiz\.nl|hl7\.org)\/fhir\/.*?([^/]{4,60})$/i.exec(profile) ?? [];
  if (tail === undefined) return undefined;
  const names = new Map([...knownProfiles].map((known) => [known.slice(known.lastIndexOf('/') + 1), known]));
  const near = nearestName(
    tail,
    [...names.keys()].filter((name) => name.length > 4),
  );
  return near === undefined ? undefined : names.get(near);
}
