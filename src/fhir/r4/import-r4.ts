import { formatPath } from '../explain/path.js';
import type { MessageLanguage } from '../explain/words.js';
import { sayIn } from '../explain/words.js';
import { formatJson } from '../json/format-json.js';
import { locatePathsInJson, positionsIn } from '../json/locate-in-json.js';
import type { Repaired } from '../repair/repair-text.js';
import { isFields, objectsIn } from '../walk-resource.js';
import { Conversion, type Json } from './conversion.js';
import { convertDataTypes } from './data-types.js';
import { parseKeepingNumbers, stringifyKeepingNumbers } from './numbers.js';
import { resourceConversions } from './resources.js';

const mostChanges = 100;
const longestSnippet = 300;
const layoutFloor = 32 * 1024;
const layoutGrowth = 3;

/**
 * Turns a bundle of FHIR R4, or one resource, into a bundle of STU3 that can be sent, and tells what has changed: the
 * Observation family (Observation, Patient, QuestionnaireResponse, DocumentReference, DocumentManifest, Task, Binary) by
 * its elements, any resource by its data types. What STU3 has no place for is taken away, and told. Numbers keep their
 * digits. What is right in STU3 as well stays as it is, so that a bundle of STU3 comes back unchanged.
 *
 * @returns the text as it was, with no changes, for what is not JSON or no resource
 */
export function importR4(text: string, language: MessageLanguage = 'en'): Repaired {
  const value = parseKeepingNumbers(text);
  if (!isFields(value) || !/^[A-Z][A-Za-z]{2,40}$/.test(String(value.resourceType)))
    return { text, changes: [], lines: [] };
  const conversion = new Conversion();
  const isBundle = value.resourceType === 'Bundle';
  const bundle = isBundle ? (value as Json) : wrap(value as Json, conversion);
  convertBundle(bundle, conversion);
  const { changes } = conversion;
  if (changes.length === 0) return { text, changes: [], lines: [] };
  const written = stringifyKeepingNumbers(bundle);
  // Deeply nested, a layout would be many times as long.
  const after = formatJson(written, Math.max(layoutFloor, layoutGrowth * text.length)) ?? written;
  // In the text as it came, a single resource has nothing around it.
  const shown = changes
    .slice(0, mostChanges)
    .map((change) => ({ ...change, path: isBundle ? change.path : change.path.slice(3) }));
  const lineOf = lineFinder(
    text,
    shown.map(({ path }) => formatPath(path)),
  );
  return {
    text: after,
    changes: shown.map(({ path, words, values }) => ({
      path: formatPath(path),
      message: sayIn(language, words, values),
      line: lineOf(formatPath(path)),
    })),
    lines: shown.map(({ path, before, after }) => ({
      line: lineOf(formatPath(path)),
      before: snippet(before),
      after: snippet(after),
    })),
  };
}

function wrap(resource: Json, conversion: Conversion): Json {
  const bundle: Json = { resourceType: 'Bundle', type: 'batch', entry: [{ resource }] };
  conversion.tell(
    [],
    'r4-wrapped',
    { type: String(resource.resourceType) },
    undefined,
    '{ "resourceType": "Bundle", … }',
  );
  return bundle;
}

function convertBundle(bundle: Json, conversion: Conversion): void {
  const at = conversion.at(bundle, []);
  at.remove('timestamp');
  if (bundle.type !== 'batch' && bundle.type !== 'transaction') {
    const before = bundle.type;
    bundle.type = 'batch';
    conversion.tell(['type'], 'r4-bundle-type', {}, before, 'batch');
    at.remove('total');
  }
  convertDataTypes(bundle, [], conversion, (key) => key !== 'entry');
  for (const [index, entry] of objectsIn(bundle.entry).entries())
    convertEntry(entry as Json, index, conversion);
}

function convertEntry(entry: Json, index: number, conversion: Conversion): void {
  const path = ['entry', index];
  const at = conversion.at(entry, path);
  at.remove('search');
  at.remove('response');
  const { resource } = entry;
  if (!isFields(resource)) return;
  convertResource(resource as Json, [...path, 'resource'], conversion);
  if (entry.request !== undefined) return;
  const type = String(resource.resourceType);
  entry.request = { method: 'POST', url: type };
  conversion.tell([...path, 'request'], 'repair-request', {}, undefined, entry.request);
}

function convertResource(resource: Json, path: readonly (string | number)[], conversion: Conversion): void {
  for (const [index, contained] of objectsIn(resource.contained).entries()) {
    convertResource(contained as Json, [...path, 'contained', index], conversion);
  }
  // First, while every element is where it was: what is told names its place in the text as it came.
  convertDataTypes(resource, path, conversion, (key) => key !== 'contained');
  resourceConversions.get(String(resource.resourceType))?.(conversion.at(resource, path));
}

function lineFinder(text: string, paths: readonly string[]): (path: string) => number {
  const places = locatePathsInJson(text, [...paths]);
  const first = positionsIn(text)(0).line;
  return (path) => places.get(path)?.line ?? first;
}

function snippet(value: unknown): string {
  if (value === undefined) return '';
  const text = typeof value === 'string' ? value : stringifyKeepingNumbers(value);
  return text.length > longestSnippet ? `${text.slice(0, longestSnippet)}…` : text;
}
