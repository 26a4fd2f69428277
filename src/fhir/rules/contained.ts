import { shapes } from '../structure/shapes.js';
import { type Fields, isFields } from '../walk-resource.js';
import type { NodeRule } from './rule.js';

/** FHIR's rules dom-1, dom-2 and dom-4: what a contained resource leaves out. */
export const containedIsBare: NodeRule = ({ value, path, container }, report) => {
  if (value === container || value.resourceType === undefined) return;
  if (value.contained !== undefined) report([...path, 'contained'], 'dom-2');
  if (value.text !== undefined) report([...path, 'text'], 'dom-1');
  for (const key of ['versionId', 'lastUpdated']) {
    if (isFields(value.meta) && value.meta[key] !== undefined) report([...path, 'meta', key], 'dom-4');
  }
};

/** FHIR's rule dom-3: something of the resource refers to each contained one. Contained resources may refer to it as well. */
export const containedIsUsed: NodeRule = ({ value, path, container }, report) => {
  if (value !== container || !Array.isArray(value.contained)) return;
  const used = localReferencesIn(container);
  for (const [index, contained] of value.contained.entries()) {
    if (!isFields(contained)) continue;
    // One that refers to the resource around it is part of it as well (`#`, added in R4, is in use in STU3).
    if (used.has(contained.id) || localReferencesIn(contained).has('')) continue;
    report([...path, 'contained', index], 'dom-3');
  }
};

/** As a warning: what a contained resource of a type outside the 17 holds cannot be checked. */
export const containedIsKnown: NodeRule = ({ value, path, container }, report) => {
  if (value !== container || !Array.isArray(value.contained)) return;
  for (const [index, contained] of value.contained.entries()) {
    if (!isFields(contained) || shapes.has(String(contained.resourceType))) continue;
    report([...path, 'contained', index], 'contained-unchecked');
  }
};

function localReferencesIn(resource: Fields): Set<unknown> {
  const found = new Set<unknown>();
  const look = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) look(item);
    if (!isFields(value)) return;
    for (const key in value) {
      const child = value[key];
      if (typeof child === 'string' && child.startsWith('#')) found.add(child.slice(1));
      else look(child);
    }
  };
  look(resource);
  return found;
}
