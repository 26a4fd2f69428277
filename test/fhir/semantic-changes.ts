import type { RuleId } from '../../src/fhir/index.js';
import { exampleBundle, put } from './edit-bundle.js';

/** A sentence, an example, and what of it is set (`undefined`: removed) by its path. */
export type Change = readonly [what: string, example: string, edits: Readonly<Record<string, unknown>>];
/** A change that breaks a bundle, and the rule that tells. */
export type Damage = readonly [...Change, rule: RuleId];

/** The measurement of `weight` and `blood-pressure`, and the task of `questionnaire`. */
export const observation = 'entry.1.resource';
export const task = 'entry.0.resource';

export const concept = { text: 'x' };
export const absent = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason', valueCode: 'unknown' }],
};
export const nullFlavor = {
  extension: [{ url: 'http://hl7.org/fhir/StructureDefinition/iso21090-nullFlavor', valueCode: 'NI' }],
};

/** The example with the change made. */
export function changed(example: string, edits: Change[2]): Record<string, unknown> {
  const bundle = exampleBundle(example);
  for (const [path, value] of Object.entries(edits)) put(bundle, path, value);
  return JSON.parse(JSON.stringify(bundle)) as Record<string, unknown>;
}
