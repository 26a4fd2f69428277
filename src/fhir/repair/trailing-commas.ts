import { endOfString, JsonScanError } from '../json/scan-string.js';
import type { Edit } from './spans.js';

/** The commas between a value and a closing bracket, in one pass; as far as the text's strings can be told apart. */
export function trailingCommas(text: string): Edit[] {
  const found: Edit[] = [];
  let comma = -1;
  let previous = '';
  for (let at = 0; at < text.length; ) {
    const sign = text[at] as string;
    if (sign === ' ' || sign === '\t' || sign === '\n' || sign === '\r') {
      at++;
      continue;
    }
    // Of two commas one may stand for a value that was forgotten.
    if (sign === ',') comma = /[[{,:]/.test(previous) || previous === '' ? -1 : at;
    else {
      if (comma >= 0 && (sign === ']' || sign === '}')) found.push({ start: comma, end: comma + 1, put: '' });
      comma = -1;
    }
    previous = sign;
    if (sign !== '"') at++;
    else {
      const end = endOf(text, at);
      if (end === undefined) return found;
      at = end;
    }
  }
  return found;
}

function endOf(text: string, start: number): number | undefined {
  try {
    return endOfString(text, start);
  } catch (error) {
    if (error instanceof JsonScanError) return undefined;
    throw error;
  }
}
