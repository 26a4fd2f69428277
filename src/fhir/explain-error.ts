import type { ErrorObject } from 'ajv';
import { nearestName } from './nearest-name.js';
import { notSendable, sendableList } from './not-sendable.js';
import type { PathSegment } from './problem.js';
import type { ChoiceRule } from './schema-keywords.js';

/** An Ajv error in plain words. `meant` is the path of an element that was probably meant by a misspelt one. */
export interface Explanation {
  path: PathSegment[];
  message: string;
  missing?: true;
  meant?: PathSegment[];
}

type Fields = Record<string, unknown>;

/**
 * Says what an Ajv error means to a person. The error must come from a validator with `verbose: true`, since the
 * explanation looks at the data and at the schema around it.
 */
export function explainError(error: ErrorObject): Explanation {
  const path = pathOf(error);
  const params = error.params as Fields;
  const key = String(params.key ?? params.missingProperty ?? params.additionalProperty);
  switch (error.keyword) {
    case 'additionalProperties':
      return explainUnknown(path, key, error.parentSchema as Fields);
    case 'required':
      return { path: [...path, key], message: missingMessage(key), missing: true };
    case 'fhirRequired':
    case 'fhirChoices':
    case 'fhirLists':
      return explainField(path, key, String(params.reason), error);
    case 'enum':
      return { path, message: explainCode(error.data, params.allowedValues as unknown[]) };
    case 'minItems':
      return { path, message: 'empty list: give it at least one value, or leave the element out' };
    case 'minProperties':
      return { path, message: 'empty object: fill it in, or leave the element out' };
    case 'discriminator':
      return explainResourceType(path, error.data);
    default:
      return { path, message: explainValue(error) };
  }
}

const missingMessage = (key: string) => `required, but missing: '${key}'`;

function explainUnknown(path: PathSegment[], key: string, schema: Fields): Explanation {
  const known = Object.keys((schema.properties ?? {}) as Fields);
  const unknown = { path: [...path, key], message: `unknown element '${key.slice(0, 80)}'` };
  const near = nearestName(key, known);
  if (near)
    return { ...unknown, message: `${unknown.message}; did you mean ${near}?`, meant: [...path, near] };
  const choice = ((schema.fhirChoices ?? []) as ChoiceRule[]).find(({ name }) =>
    key.startsWith(name.slice(0, -3)),
  );
  if (!choice) return unknown;
  const examples = choice.keys.length > 14 ? [...choice.keys.slice(0, 14), '…'] : choice.keys;
  return { ...unknown, message: `${unknown.message}; ${choice.name} can be: ${examples.join(', ')}` };
}

function explainField(path: PathSegment[], key: string, reason: string, error: ErrorObject): Explanation {
  const place = [...path, key];
  if (reason === 'null')
    return { path: place, message: 'null only where the list with _ holds an extension' };
  if (reason === 'second') return { path: place, message: 'only one value is allowed here, found a second' };
  if (!key.endsWith('[x]')) return { path: place, message: missingMessage(key), missing: true };
  const choice = (error.schema as ChoiceRule[]).find(({ name }) => name === key);
  const examples = (choice?.keys ?? []).filter((name) =>
    /String|Quantity|Reference|Code$|Attachment/.test(name),
  );
  const hint = `required, but missing: one of ${key}, for example ${examples.slice(0, 2).join(' or ')}`;
  return { path: place, message: hint, missing: true };
}

function explainCode(found: unknown, allowed: readonly unknown[]): string {
  const codes = allowed.filter((code): code is string => typeof code === 'string');
  const near = typeof found === 'string' ? nearestName(found, codes) : undefined;
  return `must be one of: ${codes.join(', ')}${near ? ` (did you mean ${near}?)` : ''}`;
}

function explainResourceType(path: PathSegment[], data: unknown): Explanation {
  const found = (data as Fields).resourceType;
  const place = [...path, 'resourceType'];
  if (typeof found === 'string') return { path: place, message: notSendable(found) };
  const problem =
    found === undefined ? 'required, but missing: resourceType' : 'expected text in double quotes';
  return { path: place, message: `${problem}, one of ${sendableList}` };
}

function explainValue({ data, keyword, parentSchema, params }: ErrorObject): string {
  if (data === '') return 'empty text: fill it in, or leave the element out';
  const expected = parentSchema?.description;
  if (typeof expected === 'string') return `expected ${expected}`;
  const type = [params.type].flat()[0];
  if (type === 'array') return 'expected a list: put it in square brackets [ ]';
  if (type === 'object' && Array.isArray(data))
    return 'expected one object in braces { }, without square brackets';
  if (type === 'object') return 'expected an object in braces { }';
  return `not valid here (${keyword})`;
}

/** Ajv gives a JSON Pointer; only known elements are on it, so that a number is always an index. */
function pathOf(error: ErrorObject): PathSegment[] {
  const parts = error.instancePath.split('/').slice(1);
  return parts.map((part) =>
    /^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~'),
  );
}
