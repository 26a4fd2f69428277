import { listExamples } from '../../src/fhir/index.js';

type Json = Record<string, unknown> | unknown[];

/** One of the project's examples, by id. */
export function exampleBundle(id: string): Record<string, unknown> {
  const found = listExamples().find((example) => example.id === id);
  if (!found) throw new Error(`no example ${id}`);
  return found.bundle as Record<string, unknown>;
}

/** Sets the value at a path such as `entry.1.resource.status`; `undefined` removes it. */
export function put(bundle: Record<string, unknown>, path: string, value: unknown): Record<string, unknown> {
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at: Json = bundle;
  for (const key of keys) at = (at as Record<string, Json>)[key] as Json;
  if (value === undefined) delete (at as Record<string, unknown>)[last];
  else (at as Record<string, unknown>)[last] = value;
  return bundle;
}
