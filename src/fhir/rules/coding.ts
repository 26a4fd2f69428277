import { objectsIn } from '../walk-resource.js';
import type { NodeRule } from './rule.js';

/** MedMij: every CodeableConcept can be read by a person, by `text` or by the `display` of a coding. */
export const conceptIsReadable: NodeRule = ({ value, path }, report) => {
  if (value.text !== undefined) return;
  if (objectsIn(value.coding).some(({ display }) => display !== undefined)) return;
  report(path, 'a CodeableConcept needs words: a text, or a display in one of its codings');
};

/** MedMij: every Coding has `system` and `code`. */
export const codingIsComplete: NodeRule = ({ value, path }, report) => {
  for (const key of ['system', 'code']) {
    if (value[key] === undefined) report([...path, key], `a Coding needs ${key}`);
  }
};
