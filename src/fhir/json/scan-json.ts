import type { MessageValue, PathSegment } from '../explain/problem.js';
import type { RuleId } from '../explain/rule-book.js';
import { endOfString, type JsonFault, JsonScanError } from './scan-string.js';

/**
 * Is told of every member of an object (offset of its key) and item of a list (offset of its value), in order; `value` is
 * where the value begins, `end` the offset after it.
 */
export interface JsonVisitor {
  enter(segment: PathSegment, offset: number, value: number): void;
  leave(end: number): void;
}

const numberText = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const wordText = /[A-Za-z_$'+./-][^\s,:[\]{}"]{0,30}/y;
const blanks = /[ \t\r\n]*/y;

const deepest = 1000;

interface Open {
  closing: '}' | ']';
  at: number;
  index: number;
  keys?: Set<string>;
}

/**
 * Reads JSON text strictly (RFC 8259, a byte order mark and no duplicate keys) without building a value, in one pass
 * and without recursion, at most 1,000 levels deep.
 *
 * @returns what is wrong and at which offset; `undefined` for good JSON
 */
export function scanJson(text: string, visitor?: JsonVisitor): JsonFault | undefined {
  try {
    new Scanner(text, visitor).scan();
    return undefined;
  } catch (error) {
    if (error instanceof JsonScanError) return error.fault;
    throw error;
  }
}

class Scanner {
  #at: number;
  readonly #open: Open[] = [];
  readonly #text: string;
  readonly #visitor: JsonVisitor | undefined;

  constructor(text: string, visitor: JsonVisitor | undefined) {
    this.#text = text;
    this.#visitor = visitor;
    this.#at = text.startsWith('\uFEFF') ? 1 : 0;
  }

  scan(): void {
    this.#skipSpace();
    if (this.#at >= this.#text.length) throw new JsonScanError(0, 'json-empty');
    this.#startValue();
    while (this.#open.length > 0) this.#step();
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail('json-end-expected');
  }

  /** Stands after a value, or after an opening bracket: takes the next member, or closes. */
  #step(): void {
    const open = this.#open.at(-1) as Open;
    this.#skipSpace();
    const first = open.index === 0;
    if (this.#text[this.#at] === open.closing) {
      this.#at++;
      this.#open.pop();
      if (this.#open.length > 0) this.#visitor?.leave(this.#at);
      return;
    }
    if (!first) this.#takeComma(open);
    if (open.closing === '}') this.#takeKey(open);
    else this.#visitor?.enter(open.index, this.#at, this.#at);
    open.index++;
    this.#startValue();
  }

  #takeComma(open: Open): void {
    const comma = this.#at;
    if (this.#text[comma] !== ',') this.#fail('json-comma-expected', open);
    this.#at++;
    this.#skipSpace();
    if (this.#text[this.#at] === open.closing) {
      throw new JsonScanError(comma, 'json-trailing-comma', { closing: open.closing });
    }
  }

  #takeKey(open: Open): void {
    const start = this.#at;
    if (this.#text[start] !== '"') this.#fail('json-name-expected', open);
    this.#at = endOfString(this.#text, start);
    const key = String(JSON.parse(this.#text.slice(start, this.#at)));
    open.keys ??= new Set();
    if (open.keys.has(key)) {
      throw new JsonScanError(start, 'json-duplicate-name', { name: key.slice(0, 80) });
    }
    open.keys.add(key);
    this.#skipSpace();
    if (this.#text[this.#at] !== ':') this.#fail('json-colon-expected');
    this.#at++;
    this.#skipSpace();
    this.#visitor?.enter(key, start, this.#at);
  }

  #startValue(): void {
    const text = this.#text;
    const at = this.#at;
    const sign = text[at];
    if (sign === '{' || sign === '[') {
      if (this.#open.length >= deepest) throw new JsonScanError(at, 'json-too-deep', { max: deepest });
      this.#open.push({ closing: sign === '{' ? '}' : ']', at, index: 0 });
      this.#at++;
      return;
    }
    if (sign === '"') this.#at = endOfString(text, at);
    else this.#at += this.#lengthOfLiteral();
    if (this.#open.length > 0) this.#visitor?.leave(this.#at);
  }

  #lengthOfLiteral(): number {
    numberText.lastIndex = this.#at;
    const number = numberText.exec(this.#text)?.[0];
    const word =
      number ?? ['true', 'false', 'null'].find((literal) => this.#text.startsWith(literal, this.#at));
    const next = word === undefined ? '' : (this.#text[this.#at + word.length] ?? '');
    if (word === undefined || /[A-Za-z0-9_.+-]/.test(next)) {
      this.#fail('json-value-expected');
    }
    return (word as string).length;
  }

  #fail(rule: RuleId, open = this.#open.at(-1)): never {
    const values = { closing: open?.closing ?? '', found: this.#found(), hint: this.#endHint(open) };
    throw new JsonScanError(this.#at, rule, values);
  }

  #found(): MessageValue {
    const sign = this.#text[this.#at];
    if (sign === undefined) return { say: 'found-end' };
    if (sign === "'") return { say: 'found-single-quote' };
    if (this.#text.startsWith('//', this.#at) || this.#text.startsWith('/*', this.#at))
      return { say: 'found-comment' };
    if (sign === '"') return { say: 'found-text' };
    wordText.lastIndex = this.#at;
    return wordText.exec(this.#text)?.[0] ?? String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
  }

  #endHint(open: Open | undefined): MessageValue {
    if (this.#at < this.#text.length || !open) return '';
    const line = this.#text.slice(0, open.at).split('\n').length;
    return { say: 'not-closed', values: { opening: open.closing === '}' ? '{' : '[', line } };
  }

  #skipSpace(): void {
    blanks.lastIndex = this.#at;
    blanks.exec(this.#text);
    this.#at = blanks.lastIndex;
  }
}
