import { type Fields, isFields, objectsIn } from '../walk-resource.js';
import type { FormField } from './form.js';

/** A question of a definition and the field that asks it; `children` are the questions below it. */
export interface Question {
  linkId: string;
  text: string | undefined;
  type: string;
  field: FormField;
  /** The coded answers, by the value that the field sends. */
  options: ReadonlyMap<string, Readonly<Record<string, unknown>>>;
  unit: Fields | undefined;
  children: Question[];
}

/** A questionnaire that can be answered here. */
export interface Questions {
  title: string;
  /** How the answers refer to it: its `url`, or `Questionnaire/id`. */
  reference: string | undefined;
  items: Question[];
}

const kinds: Readonly<Record<string, FormField['kind']>> = {
  group: 'heading',
  display: 'heading',
  boolean: 'choice',
  decimal: 'number',
  integer: 'number',
  quantity: 'number',
  date: 'date',
  dateTime: 'moment',
  time: 'time',
  string: 'text',
  url: 'text',
  text: 'long-text',
  choice: 'choice',
  'open-choice': 'choice',
};

const mostQuestions = 200;
const deepest = 12;

/**
 * Reads a Questionnaire of STU3: its questions as fields of a form, in their order. Questions for attachments and
 * references stay headings, since a form cannot ask for them.
 *
 * @returns `undefined` for anything but a Questionnaire with at most 200 questions, at most 12 levels deep
 */
export function readQuestionnaire(definition: unknown): Questions | undefined {
  if (!isFields(definition) || definition.resourceType !== 'Questionnaire') return undefined;
  let count = 0;
  const readItems = (items: unknown, level: number): Question[] =>
    objectsIn(items).flatMap((item): Question[] => {
      if (typeof item.linkId !== 'string' || item.linkId.trim() === '' || level > deepest) return [];
      const name = `q${count++}`;
      if (count > mostQuestions) return [];
      const options = optionsOf(item, definition);
      const type = typeof item.type === 'string' ? item.type : 'group';
      return [
        {
          linkId: item.linkId,
          text: textOf(item.text),
          type,
          field: fieldOf(item, type, name, level, options),
          options,
          unit: unitOf(item),
          children: readItems(item.item, level + 1),
        },
      ];
    });
  const items = readItems(definition.item, 0);
  if (count === 0 || count > mostQuestions) return undefined;
  return {
    title: textOf(definition.title) ?? textOf(definition.name) ?? 'Vragenlijst',
    reference: referenceTo(definition),
    items,
  };
}

/** All questions in the order they are asked. */
export function allQuestions(items: readonly Question[]): Question[] {
  return items.flatMap((item) => [item, ...allQuestions(item.children)]);
}

function fieldOf(
  item: Fields,
  type: string,
  name: string,
  level: number,
  options: Question['options'],
): FormField {
  const isChoice = type === 'choice' || type === 'open-choice';
  const hasOptions = options.size > 0;
  let kind = (Object.hasOwn(kinds, type) ? kinds[type] : undefined) ?? 'heading';
  if (isChoice) kind = !hasOptions ? 'text' : item.repeats === true ? 'choices' : 'choice';
  const isAsked = kind !== 'heading';
  return {
    name,
    kind,
    label: textOf(item.text) ?? String(item.linkId),
    level,
    // Whether a question with a condition is asked depends on other answers.
    ...(isAsked && item.required === true && item.enableWhen === undefined && { required: true }),
    ...(kind === 'number' && { decimals: type === 'integer' ? 0 : 6 }),
    ...(type === 'integer' && { min: -(2 ** 31), max: 2 ** 31 - 1 }),
    ...(type === 'boolean' && { choices: [{ value: 'true' }, { value: 'false' }] }),
    ...(isChoice &&
      hasOptions && {
        choices: [...options].map(([value, option]) => ({ value, label: labelOf(option) })),
      }),
    ...(type === 'quantity' && unitOf(item) && { unit: String(unitOf(item)?.display ?? unitOf(item)?.code) }),
  };
}

/** The options of a choice: its own, or the codes of a value set that the definition contains. */
function optionsOf(item: Fields, definition: Fields): Map<string, Fields> {
  const own = objectsIn(item.option).flatMap((option): Fields[] =>
    Object.entries(option)
      .filter(([key]) => /^value(?:Coding|Integer|Date|Time|String)$/.test(key))
      .map(([key, value]) => ({ [key]: value })),
  );
  const reference = isFields(item.options) ? item.options.reference : undefined;
  const set =
    typeof reference === 'string' && reference.startsWith('#')
      ? objectsIn(definition.contained).find(({ id }) => id === reference.slice(1))
      : undefined;
  const listed = objectsIn(isFields(set?.compose) ? set.compose.include : undefined).flatMap(
    ({ system, concept }) =>
      objectsIn(concept).map(({ code, display }) => ({ valueCoding: { system, code, display } })),
  );
  return new Map([...own, ...listed].slice(0, 200).map((option, index) => [`o${index}`, option]));
}

function labelOf(option: Fields): string {
  const { valueCoding } = option;
  const value = isFields(valueCoding) ? (valueCoding.display ?? valueCoding.code) : Object.values(option)[0];
  return String(value ?? '?');
}

/** The unit of a quantity, by the extension that STU3 has for it. */
function unitOf(item: Fields): Fields | undefined {
  const found = objectsIn(item.extension).find(({ url }) =>
    /StructureDefinition\/questionnaire-unit$/.test(String(url)),
  );
  return isFields(found?.valueCoding) ? found.valueCoding : undefined;
}

function referenceTo({ url, id }: Fields): string | undefined {
  if (typeof url === 'string' && /^https?:\/\/[^/\s]\S*$/.test(url) && URL.canParse(url)) return url;
  return typeof id === 'string' && /^[A-Za-z0-9.-]{1,64}$/.test(id) ? `Questionnaire/${id}` : undefined;
}

function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim().slice(0, 1000);
  return text === '' ? undefined : text;
}
