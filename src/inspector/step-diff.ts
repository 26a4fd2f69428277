import { diffArrays } from 'diff';
import type { ExchangeStep, Step } from './step.js';

/** One line of two texts that were compared. */
export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  readonly text: string;
}

/** What two calls say in one place. */
export interface DiffPart {
  /** Its word is `inspector:part.…`. */
  readonly name: string;
  readonly lines: readonly DiffLine[];
}

/** Two calls beside each other: the parts that differ, line by line, and the names of those that are the same. */
export interface StepDiff {
  readonly numbers: readonly [number, number];
  readonly differing: readonly DiffPart[];
  readonly same: readonly string[];
}

/** Lines that are the same are shown around a difference, this many on either side. */
const context = 2;
/** Two texts that have less in common are shown one after the other: finding out what they share takes too long. */
const maxEditLength = 1000;

/**
 * Compares what two calls sent and got, as it is kept: masked.
 * @returns undefined where one of the steps is not kept, or was no call
 */
export function diffOf(
  steps: readonly Step[],
  [one, other]: readonly [number, number],
): StepDiff | undefined {
  const [before, after] = [one, other].map((wanted) => {
    const step = steps.find(({ number }) => number === wanted);
    return step?.kind === 'exchange' ? partsOf(step) : undefined;
  });
  if (before === undefined || after === undefined) return undefined;
  const names = [...new Set([...before.keys(), ...after.keys()])];
  const parts = names.map((name) => ({
    name,
    isSame: before.get(name)?.join('\n') === after.get(name)?.join('\n'),
  }));
  return {
    numbers: [one, other],
    same: parts.filter(({ isSame }) => isSame).map(({ name }) => name),
    differing: parts
      .filter(({ isSame }) => !isSame)
      .map(({ name }) => ({ name, lines: linesOf(before.get(name) ?? [], after.get(name) ?? []) })),
  };
}

/** What is compared, as lines, by the names that the page has for it. */
function partsOf({ exchange: { call, request, response, error } }: ExchangeStep): Map<string, string[]> {
  const parts: [string, unknown][] = [
    ['call', call],
    ['method', request.method],
    ['url', request.url],
    ['jwtHeader', request.jwtHeader],
    ['claims', request.claims],
    ['fileDescriptor', request.fileDescriptor],
    ['requestHeaders', request.headers],
    ['requestBody', request.body],
    ['status', response && `${response.status} ${response.statusText}`],
    ['responseHeaders', response?.headers],
    ['responseBody', response?.body],
    ['error', error && `${error.code} ${error.message}`],
  ];
  return new Map(
    parts
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [
        name,
        (typeof value === 'string' ? value : JSON.stringify(value, null, 2)).split('\n'),
      ]),
  );
}

function linesOf(before: string[], after: string[]): DiffLine[] {
  const changes = diffArrays(before, after, { maxEditLength }) ?? [
    { value: before, removed: true, added: false },
    { value: after, removed: false, added: true },
  ];
  const lines = changes.flatMap(({ value, removed, added }) =>
    value.map((text): DiffLine => ({ kind: removed ? 'removed' : added ? 'added' : 'same', text })),
  );
  const changed = lines.flatMap(({ kind }, index) => (kind === 'same' ? [] : [index]));
  const near = new Set(
    changed.flatMap((index) =>
      Array.from({ length: 2 * context + 1 }, (_value, offset) => index - context + offset),
    ),
  );
  return lines.filter((_line, index) => near.has(index));
}
