import { checkText } from '../check-text.js';
import { type MessageLanguage, sayIn } from '../explain/words.js';
import { positionsIn } from '../json/locate-in-json.js';
import { repairOf } from './repairs.js';
import { type Edit, valuesIn } from './spans.js';
import { trailingCommas } from './trailing-commas.js';

/** One thing that was put right. */
export interface RepairChange {
  /** As of the problem that it repairs; empty where the text was no JSON. */
  path: string;
  /** What was done, in the language asked for. */
  message: string;
  /** From 1; the same before and after, since no repair adds or takes away a line. */
  line: number;
}

/** A line that differs; a long one is cut to what is around the difference. */
export interface ChangedLine {
  line: number;
  before: string;
  after: string;
}

/** A text with everything put right that has one certain repair. */
export interface Repaired {
  text: string;
  /** At most 100 of each. */
  changes: RepairChange[];
  lines: ChangedLine[];
}

/** A repair can bring to light what could not be seen before; each round checks the whole text once. */
const mostRounds = 8;
const mostLines = 100;
const mostChanges = 100;
const around = 40;
const longestLine = 300;

/**
 * Puts right what the check refuses and what has exactly one repair: commas before a closing bracket, brackets that a list
 * lacks, a request that the resource's type tells, dates written the Dutch way, numbers and booleans in quotes, an address
 * for an update, a citizen number in an identifier (masked, as MedMij demands). Everything else stays as it was written,
 * character for character. The same text always gives the same result.
 */
export function repairText(text: string, language: MessageLanguage = 'en'): Repaired {
  const changes: RepairChange[] = [];
  let repaired = apply(text, trailingCommas(text), (edit) => {
    changes.push({ path: '', message: sayIn(language, 'repair-comma'), line: edit });
  });
  for (let round = 0; round < mostRounds; round++) {
    const { problems, value } = checkText(repaired, language);
    if (value === undefined) break;
    const spans = valuesIn(repaired, problems);
    const edits: Edit[] = [];
    const taken: { path: string; rule: string; line: number }[] = [];
    const lineOf = positionsIn(repaired);
    for (const problem of problems) {
      const found = repairOf(problem, value, spans, repaired);
      if (found === undefined || overlaps(found.edits, edits)) continue;
      edits.push(...found.edits);
      taken.push({ path: problem.path, rule: found.words, line: lineOf(found.edits[0]?.start ?? 0).line });
    }
    if (edits.length === 0) break;
    repaired = apply(repaired, edits);
    for (const { path, rule, line } of taken) changes.push({ path, message: sayIn(language, rule), line });
  }
  changes.sort((one, other) => one.line - other.line);
  return { text: repaired, changes: changes.slice(0, mostChanges), lines: changedLines(text, repaired) };
}

/** Two edits that touch the same characters, or write at the same place, would depend on their order. */
function overlaps(edits: readonly Edit[], others: readonly Edit[]): boolean {
  return edits.some(({ start, end }) =>
    others.some((other) => start === other.start || (start < other.end && other.start < end)),
  );
}

function apply(text: string, edits: readonly Edit[], told?: (line: number) => void): string {
  const sorted = [...edits].sort((one, other) => one.start - other.start);
  const lineOf = told && positionsIn(text);
  const pieces: string[] = [];
  let at = 0;
  for (const { start, end, put } of sorted) {
    pieces.push(text.slice(at, start), put);
    at = end;
    if (lineOf) told?.(lineOf(start).line);
  }
  pieces.push(text.slice(at));
  return pieces.join('');
}

function changedLines(before: string, after: string): ChangedLine[] {
  if (before === after) return [];
  const afterLines = after.split('\n');
  return before
    .split('\n')
    .flatMap((line, index) => {
      const other = afterLines[index] ?? '';
      return line === other ? [] : [{ line: index + 1, ...cutAround(line, other) }];
    })
    .slice(0, mostLines);
}

function cutAround(before: string, after: string): { before: string; after: string } {
  const shorter = Math.min(before.length, after.length);
  let same = 0;
  while (same < shorter && before[same] === after[same]) same++;
  let end = 0;
  while (end < shorter - same && before.at(-1 - end) === after.at(-1 - end)) end++;
  const from = Math.max(0, same - around);
  const cut = (line: string) => {
    const until = Math.min(line.length, line.length - end + around, from + longestLine);
    return `${from > 0 ? '…' : ''}${line.slice(from, until)}${until < line.length ? '…' : ''}`;
  };
  return { before: cut(before), after: cut(after) };
}
