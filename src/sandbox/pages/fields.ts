import type { Fields } from './consent-visit.js';

/** The fields of a query or a form that are single strings; repeated and nested ones count as missing. */
export function fieldsOf(source: unknown): Fields {
  const entries = Object.entries((source ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
