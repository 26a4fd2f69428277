/** What is wrong with a JSON text, and where. */
export interface JsonFault {
  offset: number;
  message: string;
}

/** Ends a scan at the first fault; never leaves `scanJson`. */
export class JsonScanError extends Error {
  readonly fault: JsonFault;

  constructor(offset: number, message: string) {
    super(message);
    this.fault = { offset, message };
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * The offset after the closing quote of the string that opens at `start`.
 *
 * @throws JsonScanError where the string does not end on its line, holds a control character or a bad escape
 */
export function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) return at + 1;
    if (code === BACKSLASH) at += lengthOfEscape(text, at);
    else if (code >= 0x20) at++;
    else if (code === 0x0a || code === 0x0d) break;
    else throw new JsonScanError(at, 'a control character in a text: write it as an escape, for example \\t');
  }
  throw new JsonScanError(start, 'this text does not end: expected a closing " on the same line');
}

function lengthOfEscape(text: string, at: number): number {
  ESCAPE.lastIndex = at;
  const found = ESCAPE.exec(text)?.[0];
  if (found === undefined) {
    throw new JsonScanError(
      at,
      'not an escape of JSON: expected \\" \\\\ \\/ \\b \\f \\n \\r \\t or \\u with four digits',
    );
  }
  return found.length;
}
