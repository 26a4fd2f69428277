import { createHash } from 'node:crypto';
import { formatPath, parsePath } from '../explain/path.js';
import type { PathSegment, Problem } from '../explain/problem.js';
import type { ElementShape } from '../structure/expand-structure.js';
import { primitiveFormats } from '../structure/primitive-formats.js';
import { primitiveSchemas } from '../structure/primitive-schemas.js';
import { sendableTypes, shapes } from '../structure/shapes.js';
import { type Fields, isFields } from '../walk-resource.js';
import { isoDate } from './iso-date.js';
import type { Edit, Span } from './spans.js';

/** What puts a problem right, and the key of the words that say so. */
interface Repair {
  edits: Edit[];
  words: string;
}

interface Place {
  path: PathSegment[];
  /** What stands there; `undefined` where it is missing. */
  value: unknown;
  element: ElementShape | undefined;
  /** The entry of the bundle that it is in. */
  entry: Fields;
  /** The type of what is around it: `Identifier`, `Bundle.entry`, … */
  holderType: string;
  holder: Fields;
  spanOf(path: readonly PathSegment[]): Span | undefined;
  text: string;
}

const masked =
  '"_value": { "extension": [{ "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked" }] }';

const repairs: Readonly<Record<string, (place: Place) => Repair | undefined>> = {
  'list-expected': addBrackets,
  'object-not-list': removeBrackets,
  'bdl-3': addRequest,
  missing: completeRequest,
  'put-full-url': addFullUrl,
  'bsn-identifier': maskCitizenNumber,
  expected: rewriteValue,
};

/** The one certain repair of a problem; `undefined` where there is none or more than one. */
export function repairOf(
  { rule, path }: Problem,
  bundle: unknown,
  spans: ReadonlyMap<string, Span>,
  text: string,
): Repair | undefined {
  const repair = Object.hasOwn(repairs, rule) ? repairs[rule] : undefined;
  const segments = parsePath(path);
  if (repair === undefined || segments === undefined || !isFields(bundle)) return undefined;
  const around = find(bundle, segments);
  return around && repair({ ...around, path: segments, spanOf: (at) => spans.get(formatPath(at)), text });
}

/** Follows a path through the bundle and through what FHIR says about it. */
function find(
  bundle: Fields,
  path: readonly PathSegment[],
): Omit<Place, 'path' | 'spanOf' | 'text'> | undefined {
  let value: unknown = bundle;
  let type: string | undefined = 'Bundle';
  let element: ElementShape | undefined;
  let holder: Fields = bundle;
  let holderType = 'Bundle';
  for (const segment of path) {
    if (typeof segment === 'number') {
      if (!Array.isArray(value)) return undefined;
      value = value[segment];
      continue;
    }
    if (!isFields(value)) return undefined;
    holder = value;
    holderType = type === 'Resource' ? String(value.resourceType) : String(type);
    element = shapes.get(holderType)?.elements.get(segment);
    type = element?.type;
    value = Object.hasOwn(value, segment) ? value[segment] : undefined;
  }
  const entries = Array.isArray(bundle.entry) ? bundle.entry : [];
  const entry: unknown = path[0] === 'entry' ? entries[Number(path[1])] : undefined;
  return { value, element, holder, holderType, entry: isFields(entry) ? entry : {} };
}

function addBrackets({ path, value, spanOf }: Place): Repair | undefined {
  const span = spanOf(path);
  if (!span || value === null || Array.isArray(value)) return undefined;
  return {
    words: 'repair-brackets',
    edits: [
      { start: span.start, end: span.start, put: '[' },
      { start: span.end, end: span.end, put: ']' },
    ],
  };
}

function removeBrackets({ path, value, spanOf }: Place): Repair | undefined {
  const [span, item] = [spanOf(path), spanOf([...path, 0])];
  if (!span || !item || !Array.isArray(value) || value.length !== 1) return undefined;
  return {
    words: 'repair-no-brackets',
    edits: [
      { start: span.start, end: span.start + 1, put: '' },
      { start: span.end - 1, end: span.end, put: '' },
    ],
  };
}

/** MedMij sends: a Task is updated where it is, everything else is new. */
function requestFor(resource: unknown): { method: string; url: string } | undefined {
  if (!isFields(resource) || !sendableTypes.includes(String(resource.resourceType))) return undefined;
  const type = String(resource.resourceType);
  if (type !== 'Task') return { method: 'POST', url: type };
  const { id } = resource;
  const isId = typeof id === 'string' && primitiveFormats['fhir-id']?.(id);
  return isId ? { method: 'PUT', url: `Task/${id}` } : undefined;
}

function addRequest({ path, entry, spanOf }: Place): Repair | undefined {
  const request = requestFor(entry.resource);
  const resource = spanOf([...path.slice(0, 2), 'resource']);
  if (!request || !resource) return undefined;
  const put = `, "request": { "method": "${request.method}", "url": "${request.url}" }`;
  return { words: 'repair-request', edits: [{ start: resource.end, end: resource.end, put }] };
}

/** A request that lacks one of its two halves, where the other one agrees. */
function completeRequest({ path, holder, holderType, entry, spanOf }: Place): Repair | undefined {
  if (holderType !== 'Bundle.entry.request') return undefined;
  const request = requestFor(entry.resource);
  const span = spanOf(path.slice(0, -1));
  const [lacking] = path.slice(-1);
  if (!request || !span || (lacking !== 'method' && lacking !== 'url')) return undefined;
  const other = lacking === 'method' ? 'url' : 'method';
  if (holder[other] !== request[other]) return undefined;
  const at = span.start + 1;
  const put = `"${lacking}": "${request[lacking]}", `;
  return { words: 'repair-request', edits: [{ start: at, end: at, put }] };
}

function addFullUrl({ path, entry, spanOf, text }: Place): Repair | undefined {
  const resource = spanOf([...path.slice(0, 2), 'resource']);
  if (!resource || entry.fullUrl !== undefined) return undefined;
  const id = isFields(entry.resource) ? String(entry.resource.id) : '';
  const own = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id);
  const uuid = own ? id : uuidOf(`${path[1]} ${text.slice(resource.start, resource.end)}`);
  const put = `"fullUrl": "urn:uuid:${uuid}", `;
  return { words: 'repair-full-url', edits: [{ start: resource.key, end: resource.key, put }] };
}

/** From what it names (RFC 9562 §5.8), so that what was shown is what is applied. */
function uuidOf(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex');
  return `${hash.slice(0, 8)}-${hash.slice(8, 12)}-8${hash.slice(13, 16)}-a${hash.slice(17, 20)}-${hash.slice(20, 32)}`;
}

/** The system says whose number it was; an extension says that it was left out (MedMij, as the data-absent extension of the examples). */
function maskCitizenNumber({ path, holder, holderType, spanOf }: Place): Repair | undefined {
  const span = spanOf(path);
  if (!span || holderType !== 'Identifier' || holder._value !== undefined) return undefined;
  return { words: 'repair-citizen-number', edits: [{ start: span.key, end: span.end, put: masked }] };
}

/** A primitive that says the right thing in the wrong form. */
function rewriteValue({ path, value, element, spanOf }: Place): Repair | undefined {
  const span = spanOf(path);
  const isItem = typeof path.at(-1) === 'number';
  if (!span || typeof value !== 'string' || element === undefined || element.list !== isItem)
    return undefined;
  const replace = (put: string, words: string): Repair => ({
    words,
    edits: [{ start: span.start, end: span.end, put }],
  });
  const schema = primitiveSchemas[element.type];
  if (schema?.type === 'boolean') {
    return value === 'true' || value === 'false' ? replace(value, 'repair-boolean') : undefined;
  }
  if (schema?.type === 'number' || schema?.type === 'integer') {
    return isNumber(value, schema) ? replace(value, 'repair-number') : undefined;
  }
  const date = isoDate(value);
  const isRight = date !== undefined && primitiveFormats[`fhir-${element.type}`]?.(date);
  return ['date', 'dateTime', 'instant'].includes(element.type) && isRight
    ? replace(JSON.stringify(date), 'repair-date')
    : undefined;
}

function isNumber(text: string, { type, minimum, maximum }: (typeof primitiveSchemas)[string]): boolean {
  const form = type === 'integer' ? /^-?(?:0|[1-9]\d*)$/ : /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
  if (text.length > 100 || !form.test(text)) return false;
  return Number(text) >= (minimum ?? -Infinity) && Number(text) <= (maximum ?? Infinity);
}
