import { scanJson } from '../json/scan-json.js';

/** Stands before the digits of a number while it is a string; no FHIR string may hold it. */
const mark = '\u0001n';
const marked = /"\\u0001n(-?[0-9][0-9.eE+-]*)"/g;

/** Parses JSON with every number as a marked string, so that `78.40` keeps its zero; `undefined` for what is not JSON. */
export function parseKeepingNumbers(text: string): unknown {
  const starts: number[] = [];
  const pieces: string[] = [];
  let at = 0;
  const fault = scanJson(text, {
    enter: (_segment, _offset, value) => {
      starts.push(value);
    },
    leave: (end) => {
      const start = starts.pop() ?? 0;
      if (!/[-0-9]/.test(text[start] ?? '')) return;
      pieces.push(text.slice(at, start), JSON.stringify(mark + text.slice(start, end)));
      at = end;
    },
  });
  if (fault) return undefined;
  pieces.push(text.slice(at));
  return JSON.parse(pieces.join('').replace(/^\ufeff/, ''));
}

/** Writes what `parseKeepingNumbers` read. */
export function stringifyKeepingNumbers(value: unknown): string {
  return JSON.stringify(value).replace(marked, '$1');
}
