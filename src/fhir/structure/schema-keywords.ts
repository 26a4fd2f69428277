import type { ErrorObject, KeywordDefinition } from 'ajv';
import type { Choice } from './expand-structure.js';

type Fields = Record<string, unknown>;
type FieldProblem = { key: string; reason: 'missing' | 'second' | 'null' };

interface Validate {
  (data: Fields): boolean;
  errors?: Partial<ErrorObject>[];
}

/** How the schema says a choice; `unless` names the element that may stand in its place, never beside it. */
export type ChoiceRule = Choice & { unless?: string };

/**
 * The three keywords that FHIR needs and JSON Schema lacks. Each failure carries `params: { key, reason }`.
 * - `fhirRequired`: primitives that must be there, or be excused by an extension on their `_name` sibling.
 * - `fhirChoices`: a `value[x]` at most once, and at least once where required.
 * - `fhirLists`: a list of primitives holds null only where the `_name` list holds an element.
 */
export const schemaKeywords: readonly KeywordDefinition[] = [
  keyword('fhirRequired', (keys: string[]) => (data) => {
    return keys.filter((key) => isMissing(data, key)).map((key) => ({ key, reason: 'missing' as const }));
  }),
  keyword('fhirChoices', (choices: ChoiceRule[]) => {
    const choiceOf = new Map(choices.flatMap((choice) => choice.keys.map((key) => [key, choice] as const)));
    return (data) => {
      const taken = new Map<ChoiceRule, string>();
      const problems: FieldProblem[] = [];
      for (const property in data) {
        const key = property.startsWith('_') ? property.slice(1) : property;
        const choice = choiceOf.get(key);
        if (!choice) continue;
        const first = taken.get(choice);
        if (first === undefined) taken.set(choice, key);
        else if (first !== key) problems.push({ key: property, reason: 'second' });
      }
      for (const choice of choices) {
        const replaced = choice.unless !== undefined && Object.hasOwn(data, choice.unless);
        if (choice.required && !replaced && !taken.has(choice))
          problems.push({ key: choice.name, reason: 'missing' });
        if (replaced && taken.has(choice))
          problems.push({ key: taken.get(choice) ?? choice.name, reason: 'second' });
      }
      return problems;
    };
  }),
  keyword('fhirLists', (keys: string[]) => (data) => {
    return keys.flatMap((key) => unexcusedNulls(data, key));
  }),
];

function keyword<T>(name: string, prepare: (rule: T) => (data: Fields) => FieldProblem[]): KeywordDefinition {
  return {
    keyword: name,
    type: 'object',
    errors: true,
    compile(rule: T) {
      const check = prepare(rule);
      const validate: Validate = (data) => {
        const problems = check(data);
        if (problems.length === 0) return true;
        validate.errors = problems.map((params) => ({ keyword: name, params, message: params.reason }));
        return false;
      };
      return validate;
    },
  };
}

function isMissing(data: Fields, key: string): boolean {
  if (Object.hasOwn(data, key)) return false;
  const sibling = data[`_${key}`];
  return !(typeof sibling === 'object' && sibling !== null && 'extension' in sibling);
}

function unexcusedNulls(data: Fields, key: string): FieldProblem[] {
  const values = data[key];
  const siblings = data[`_${key}`];
  if (!Array.isArray(values) && !Array.isArray(siblings)) return [];
  const valueAt = (index: number) => (Array.isArray(values) ? values[index] : undefined) ?? null;
  const siblingAt = (index: number) => (Array.isArray(siblings) ? siblings[index] : undefined) ?? null;
  const length = Math.max(
    Array.isArray(values) ? values.length : 0,
    Array.isArray(siblings) ? siblings.length : 0,
  );
  for (let index = 0; index < length; index++) {
    if (valueAt(index) === null && siblingAt(index) === null) return [{ key, reason: 'null' }];
  }
  return [];
}
