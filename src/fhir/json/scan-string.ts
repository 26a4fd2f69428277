import type { MessageValues } from '../explain/problem.js';
import type { RuleId } from '../explain/rule-book.js';

/** What is wrong with a JSON text, and where. */
export interface JsonFault {
  offset: number;
  rule: RuleId;
  values: MessageValues;
}

/** Ends a scan at the first fault; never leaves `scanJson`. */
export class JsonScanError extends Error {
  readonly fault: JsonFault;

  constructor(offset: number, rule: RuleId, values: MessageValues = {}) {
    super(rule);
    this.fault = { offset, rule, values };
  }
}

const quote = 0x22;
const backslash = 0x5c;
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * The offset after the closing quote of the string that opens at `start`.
 *
 * @throws JsonScanError where the string does not end on its line, holds a control character or a bad escape
 */
export function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === quote) return at + 1;
    if (code === backslash) at += lengthOfEscape(text, at);
    else if (code >= 0x20) at++;
    else if (code === 0x0a || code === 0x0d) break;
    else throw new JsonScanError(at, 'json-control-character');
  }
  throw new JsonScanError(start, 'json-text-without-end');
}

function lengthOfEscape(text: string, at: number): number {
  escapeSequence.lastIndex = at;
  const found = escapeSequence.exec(text)?.[0];
  if (found === undefined) {
    throw new JsonScanError(at, 'json-escape');
  }
  return found.length;
}
