import type { PathSegment } from './problem.js';
import { endOfString, type JsonFault, JsonScanError } from './scan-string.js';

/** Is told of every member of an object (offset of its key) and item of a list (offset of its value), in order. */
export interface JsonVisitor {
  enter(segment: PathSegment, offset: number): void;
  leave(): void;
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /[A-Za-z_$'+./-][^\s,:[\]{}"]{0,30}/y;
const SPACE = /[ \t\r\n]*/y;

const DEEPEST = 1000;

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
  private at: number;
  private readonly open: Open[] = [];

  constructor(
    private readonly text: string,
    private readonly visitor: JsonVisitor | undefined,
  ) {
    this.at = text.startsWith('\uFEFF') ? 1 : 0;
  }

  scan(): void {
    this.skipSpace();
    if (this.at >= this.text.length) throw new JsonScanError(0, 'the text is empty: expected { … }');
    this.startValue();
    while (this.open.length > 0) this.step();
    this.skipSpace();
    if (this.at < this.text.length) this.fail('expected the end of the text');
  }

  /** Stands after a value, or after an opening bracket: takes the next member, or closes. */
  private step(): void {
    const open = this.open.at(-1) as Open;
    this.skipSpace();
    const first = open.index === 0;
    if (this.text[this.at] === open.closing) {
      this.at++;
      this.open.pop();
      if (this.open.length > 0) this.visitor?.leave();
      return;
    }
    if (!first) this.takeComma(open);
    if (open.closing === '}') this.takeKey(open);
    else this.visitor?.enter(open.index, this.at);
    open.index++;
    this.startValue();
  }

  private takeComma(open: Open): void {
    const comma = this.at;
    if (this.text[comma] !== ',') this.fail(`expected a comma or ${open.closing}`, this.endHint(open));
    this.at++;
    this.skipSpace();
    if (this.text[this.at] === open.closing) {
      throw new JsonScanError(comma, `this comma stands before ${open.closing}: remove it`);
    }
  }

  private takeKey(open: Open): void {
    const start = this.at;
    if (this.text[start] !== '"') this.fail('expected a name in double quotes', this.endHint(open));
    this.at = endOfString(this.text, start);
    const key = String(JSON.parse(this.text.slice(start, this.at)));
    open.keys ??= new Set();
    if (open.keys.has(key)) {
      throw new JsonScanError(
        start,
        `the name "${key.slice(0, 80)}" is there twice in this object: remove one`,
      );
    }
    open.keys.add(key);
    this.skipSpace();
    if (this.text[this.at] !== ':') this.fail('expected a colon after the name');
    this.at++;
    this.skipSpace();
    this.visitor?.enter(key, start);
  }

  private startValue(): void {
    const { text, at } = this;
    const sign = text[at];
    if (sign === '{' || sign === '[') {
      if (this.open.length >= DEEPEST)
        throw new JsonScanError(at, `nested too deeply: over ${DEEPEST} levels`);
      this.open.push({ closing: sign === '{' ? '}' : ']', at, index: 0 });
      this.at++;
      return;
    }
    if (sign === '"') this.at = endOfString(text, at);
    else this.at += this.lengthOfLiteral();
    if (this.open.length > 0) this.visitor?.leave();
  }

  private lengthOfLiteral(): number {
    NUMBER.lastIndex = this.at;
    const number = NUMBER.exec(this.text)?.[0];
    const word =
      number ?? ['true', 'false', 'null'].find((literal) => this.text.startsWith(literal, this.at));
    const next = word === undefined ? '' : (this.text[this.at + word.length] ?? '');
    if (word === undefined || /[A-Za-z0-9_.+-]/.test(next)) {
      this.fail('expected a value: "text", a number, true, false, null, { … } or [ … ]', this.endHint());
    }
    return (word as string).length;
  }

  private fail(expected: string, hint = ''): never {
    throw new JsonScanError(this.at, `${expected}, found ${this.found()}${hint}`);
  }

  private found(): string {
    const sign = this.text[this.at];
    if (sign === undefined) return 'the end of the text';
    if (sign === "'") return "a single quote ': JSON wants double quotes";
    if (this.text.startsWith('//', this.at) || this.text.startsWith('/*', this.at))
      return 'a comment: JSON has none';
    if (sign === '"') return 'text in double quotes';
    WORD.lastIndex = this.at;
    return WORD.exec(this.text)?.[0] ?? String.fromCodePoint(this.text.codePointAt(this.at) ?? 0);
  }

  private endHint(open = this.open.at(-1)): string {
    if (this.at < this.text.length || !open) return '';
    const line = this.text.slice(0, open.at).split('\n').length;
    return `; the ${open.closing === '}' ? '{' : '['} of line ${line} is not closed`;
  }

  private skipSpace(): void {
    SPACE.lastIndex = this.at;
    SPACE.exec(this.text);
    this.at = SPACE.lastIndex;
  }
}
