import { shapes } from '../shapes.js';
import { isFields } from '../walk-resource.js';
import type { NodeRule } from './rule.js';

/** FHIR's rule dom-2. */
export const containedHoldsNone: NodeRule = ({ value, path, container }, report) => {
  if (value !== container && value.resourceType !== undefined && value.contained !== undefined) {
    report([...path, 'contained'], 'a contained resource cannot contain further ones');
  }
};

/** As a warning: what a contained resource of a type outside the 17 holds cannot be checked. */
export const containedIsKnown: NodeRule = ({ value, path, container }, report) => {
  if (value !== container || !Array.isArray(value.contained)) return;
  for (const [index, contained] of value.contained.entries()) {
    if (!isFields(contained) || shapes.has(String(contained.resourceType))) continue;
    const message = 'of a type that is not described here: its elements were not checked';
    report([...path, 'contained', index], message, 'warning');
  }
};
