import { readdirSync, readFileSync } from 'node:fs';

export interface NamedResource {
  name: string;
  resource: Record<string, unknown>;
}

/** The published examples beside this file, fresh at each call. */
export function readExamples(folder = ''): NamedResource[] {
  const place = new URL(`./examples/${folder}`, import.meta.url);
  return readdirSync(place)
    .filter((name) => name.endsWith('.json'))
    .map((name) => ({ name, resource: JSON.parse(readFileSync(new URL(name, place), 'utf8')) }));
}
