import type { ErrorObject } from 'ajv';
import { nearestName } from '../explain/nearest-name.js';
import type { MessageValues, PathSegment } from '../explain/problem.js';
import type { RuleId } from '../explain/rule-book.js';
import type { ChoiceRule } from './schema-keywords.js';
import { sendableList, sendableTypes } from './shapes.js';

/** What an Ajv error means. `meant` is the path of an element that was probably meant by a misspelt one. */
export interface Explanation {
  path: PathSegment[];
  rule: RuleId;
  values: MessageValues;
  missing?: true;
  meant?: PathSegment[];
}

type Fields = Record<string, unknown>;

const explained = (path: PathSegment[], rule: RuleId, values: MessageValues = {}): Explanation => ({
  path,
  rule,
  values,
});

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
      return explainMissing(path, key);
    case 'fhirRequired':
    case 'fhirChoices':
    case 'fhirLists':
      return explainField(path, key, String(params.reason), error);
    case 'enum':
      return explainCode(path, error.data, params.allowedValues as unknown[]);
    case 'minItems':
      return explained(path, 'empty-list');
    case 'minProperties':
      return explained(path, 'empty-object');
    case 'discriminator':
      return explainResourceType(path, error.data);
    default:
      return explainValue(path, error);
  }
}

const explainMissing = (path: PathSegment[], name: string): Explanation => ({
  ...explained([...path, name], 'missing', { name }),
  missing: true,
});

function explainUnknown(path: PathSegment[], key: string, schema: Fields): Explanation {
  const place = [...path, key];
  const name = key.slice(0, 80);
  const near = nearestName(key, Object.keys((schema.properties ?? {}) as Fields));
  if (near) return { ...explained(place, 'unknown-element-near', { name, near }), meant: [...path, near] };
  const choice = ((schema.fhirChoices ?? []) as ChoiceRule[]).find((one) =>
    key.startsWith(one.name.slice(0, -3)),
  );
  if (!choice) return explained(place, 'unknown-element', { name });
  const examples = choice.keys.length > 14 ? [...choice.keys.slice(0, 14), '…'] : choice.keys;
  return explained(place, 'unknown-element-choice', {
    name,
    choice: choice.name,
    examples: examples.join(', '),
  });
}

function explainField(path: PathSegment[], key: string, reason: string, error: ErrorObject): Explanation {
  const place = [...path, key];
  if (reason === 'null') return explained(place, 'null-in-list');
  if (reason === 'second') return explained(place, 'second-value');
  if (!key.endsWith('[x]')) return explainMissing(path, key);
  const choice = (error.schema as ChoiceRule[]).find(({ name }) => name === key);
  const examples = (choice?.keys ?? []).filter((name) =>
    /String|Quantity|Reference|Code$|Attachment/.test(name),
  );
  const values = { choice: key, examples: examples.slice(0, 2).join(', ') };
  return { ...explained(place, 'missing-choice', values), missing: true };
}

function explainCode(path: PathSegment[], found: unknown, allowed: readonly unknown[]): Explanation {
  const codes = allowed.filter((code): code is string => typeof code === 'string');
  const near = typeof found === 'string' ? nearestName(found, codes) : undefined;
  const values = { codes: codes.join(', ') };
  return near ? explained(path, 'code-set-near', { ...values, near }) : explained(path, 'code-set', values);
}

function explainResourceType(path: PathSegment[], data: unknown): Explanation {
  const found = (data as Fields).resourceType;
  const place = [...path, 'resourceType'];
  const values = { types: sendableList };
  if (typeof found !== 'string') return explained(place, 'resource-type-missing', values);
  const near = nearestName(found, sendableTypes);
  return explained(place, 'resource-type-unknown', {
    ...values,
    hint: near ? { say: 'did-you-mean', values: { near } } : '',
  });
}

function explainValue(path: PathSegment[], { data, keyword, parentSchema, params }: ErrorObject): Explanation {
  if (data === '') return explained(path, 'empty-text');
  const expected = parentSchema?.description;
  if (typeof expected === 'string') return explained(path, 'expected', { what: { say: expected } });
  const type = [params.type].flat()[0];
  if (type === 'array') return explained(path, 'list-expected');
  if (type === 'object') return explained(path, Array.isArray(data) ? 'object-not-list' : 'object-expected');
  return explained(path, 'invalid', { keyword });
}

/** Ajv gives a JSON Pointer; only known elements are on it, so that a number is always an index. */
function pathOf(error: ErrorObject): PathSegment[] {
  const parts = error.instancePath.split('/').slice(1);
  return parts.map((part) =>
    /^\d+$/.test(part) ? Number(part) : part.replaceAll('~1', '/').replaceAll('~0', '~'),
  );
}
