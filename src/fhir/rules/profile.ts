import { isFields } from '../walk-resource.js';
import { isPresent } from './data-absent.js';
import type { EntryRule } from './rule.js';

/** MedMij: every resource but Binary names its profile. */
export const resourceHasProfile: EntryRule = ({ resource, path }, report) => {
  if (resource.resourceType === 'Binary' || profilesOf(resource).length > 0) return;
  if (isFields(resource.meta) && isPresent(resource.meta, 'profile')) return;
  report([...path, 'resource', 'meta', 'profile'], 'profile');
};

/** The profiles a resource claims to follow, without the version after `|`. */
export function profilesOf(resource: Readonly<Record<string, unknown>>): string[] {
  const profile = isFields(resource.meta) ? resource.meta.profile : undefined;
  const names = Array.isArray(profile) ? profile.filter((name) => typeof name === 'string') : [];
  return names.map((name) => name.split('|')[0] ?? name);
}
