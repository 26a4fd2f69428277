import type { MessageValues, PathSegment } from '../explain/problem.js';
import { isFields } from '../walk-resource.js';

/** A JSON object that a conversion may change. */
export type Json = Record<string, unknown>;

/** One thing that a conversion changed. */
export interface Change {
  /** In the text as it came. */
  path: readonly PathSegment[];
  /** The key of its words, and what fills their places. */
  words: string;
  values: MessageValues;
  before: unknown;
  after: unknown;
}

/** Takes down what is changed. */
export class Conversion {
  readonly changes: Change[] = [];

  tell(path: readonly PathSegment[], words: string, values: MessageValues, before: unknown, after: unknown) {
    this.changes.push({ path: [...path], words, values, before: copy(before), after: copy(after) });
  }

  /** An object at its place, with the changes that are made of it. */
  at(value: Json, path: readonly PathSegment[]): ConvertedObject {
    return new ConvertedObject(value, path, this);
  }
}

/** One object and the changes that conversions are made of; each also moves or removes the `_name` sibling. */
export class ConvertedObject {
  readonly value: Json;
  readonly path: readonly PathSegment[];
  readonly #conversion: Conversion;

  constructor(value: Json, path: readonly PathSegment[], conversion: Conversion) {
    this.value = value;
    this.path = path;
    this.#conversion = conversion;
  }

  /** What STU3 has no place for. */
  remove(name: string): void {
    if (!this.#has(name)) return;
    const before = this.#take(name);
    this.tell(name, 'r4-removed', { name }, { [name]: before }, undefined);
  }

  /** The same under another name; where that is taken already, it is removed. */
  rename(name: string, to: string): void {
    if (!this.#has(name)) return;
    if (this.value[to] !== undefined) this.remove(name);
    else this.replace(name, to, (value) => value, 'r4-renamed');
  }

  /** Under another name, and made into something else; `undefined` leaves it out. */
  replace(name: string, to: string, convert: (value: unknown) => unknown, words = 'r4-renamed'): void {
    if (!this.#has(name)) return;
    const sibling = this.value[`_${name}`];
    const before = this.#take(name);
    const after = before === undefined ? undefined : convert(before);
    if (after !== undefined) this.value[to] = after;
    if (sibling !== undefined && name !== to && this.value[`_${to}`] === undefined && after === before)
      this.value[`_${to}`] = sibling;
    if (after === undefined) this.tell(name, 'r4-removed', { name }, { [name]: before }, undefined);
    else this.tell(name, words, { name, to }, { [name]: before }, { [to]: after });
  }

  /** Of a list, STU3 takes one. */
  firstOnly(name: string, to = name): void {
    const list = this.value[name];
    if (!Array.isArray(list)) return;
    const [first] = list;
    this.#take(name);
    if (first !== undefined) this.value[to] = first;
    this.tell(
      name,
      list.length > 1 ? 'r4-first-only' : 'r4-no-list',
      { name, to },
      { [name]: list },
      { [to]: first },
    );
  }

  /** The objects of a list, each at its place. */
  each(name: string): ConvertedObject[] {
    const list = this.value[name];
    return (Array.isArray(list) ? list : []).flatMap((item, index) =>
      isFields(item)
        ? [new ConvertedObject(item as Json, [...this.path, name, index], this.#conversion)]
        : [],
    );
  }

  /** The object under a name, at its place. */
  object(name: string): ConvertedObject[] {
    const value = this.value[name];
    return isFields(value)
      ? [new ConvertedObject(value as Json, [...this.path, name], this.#conversion)]
      : [];
  }

  tell(name: string, words: string, values: MessageValues, before: unknown, after: unknown): void {
    this.#conversion.tell([...this.path, name], words, values, before, after);
  }

  #has(name: string): boolean {
    return this.value[name] !== undefined || this.value[`_${name}`] !== undefined;
  }

  #take(name: string): unknown {
    const value = this.value[name];
    delete this.value[name];
    delete this.value[`_${name}`];
    return value;
  }
}

/** As it is now: what is told must not change with what happens later. */
function copy(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const text = JSON.stringify(value);
  return text.length > 4000 ? `${text.slice(0, 300)}…` : JSON.parse(text);
}
