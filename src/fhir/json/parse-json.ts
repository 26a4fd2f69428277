import { type Position, positionsIn } from './locate-in-json.js';
import { scanJson } from './scan-json.js';
import type { JsonFault } from './scan-string.js';

/** The value of a JSON text, or the first thing that is wrong with it. */
export type ParsedJson = { value: unknown } | { problem: Position & JsonFault };

/**
 * Parses JSON strictly and says in plain words, with line and column (from 1), what was found and what was expected.
 * A name that is twice in one object is a problem too: FHIR forbids it, and receivers differ in which one they take.
 * A byte order mark at the start is passed over. Never throws.
 */
export function parseJsonWithPosition(text: string): ParsedJson {
  const fault = scanJson(text);
  if (fault) return { problem: { ...positionsIn(text)(fault.offset), ...fault } };
  return { value: JSON.parse(text.replace(/^\uFEFF/, '')) };
}
