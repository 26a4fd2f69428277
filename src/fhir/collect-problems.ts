import { formatPath } from './path.js';
import type { Problem, Report } from './problem.js';

const MOST_SHOWN = 50;
const MOST_KEPT = 1000;

/** Takes problems down in bounded space and hands out the list for a person. */
export interface Collection {
  report: Report;
  /** Says that there are more errors than were reported. */
  markIncomplete: () => void;
  /** The places that have an error so far. */
  errorPaths: () => string[];
  /** Errors first, then warnings, each by entry; one per place; at most 50, then one that counts the rest. */
  list: () => Problem[];
}

/** An empty collection. It keeps 1,000 errors and 1,000 warnings and counts what comes after. */
export function collectProblems(): Collection {
  const errors: Problem[] = [];
  const warnings: Problem[] = [];
  let incomplete = false;
  const uncounted = { error: 0, warning: 0 };
  return {
    report(path, message, severity = 'error') {
      const kept = severity === 'error' ? errors : warnings;
      if (kept.length < MOST_KEPT) kept.push({ path: formatPath(path), message, severity });
      else uncounted[severity]++;
    },
    markIncomplete() {
      incomplete = true;
    },
    errorPaths: () => errors.map(({ path }) => path),
    list() {
      const distinct = onePerPlace([...byEntry(errors), ...byEntry(warnings)]);
      const hidden = distinct.slice(MOST_SHOWN);
      const rest = hidden.length + uncounted.error + uncounted.warning;
      if (rest === 0 && !incomplete) return distinct;
      const hidesErrors =
        incomplete || uncounted.error > 0 || hidden.some(({ severity }) => severity === 'error');
      const severity = hidesErrors ? 'error' : 'warning';
      const message = `and ${incomplete ? 'at least ' : ''}${rest} more ${rest === 1 ? 'problem' : 'problems'}`;
      return [...distinct.slice(0, MOST_SHOWN), { path: '', message, severity }];
    },
  };
}

function onePerPlace(problems: readonly Problem[]): Problem[] {
  const seen = new Set<string>();
  return problems.filter(({ path }) => !seen.has(path) && seen.add(path));
}

function byEntry(problems: readonly Problem[]): Problem[] {
  return [...problems].sort((a, b) => entryOf(a) - entryOf(b));
}

/** What belongs to no entry comes first. */
function entryOf({ path }: Problem): number {
  return Number(/^entry\[(\d+)\]/.exec(path)?.[1] ?? -1);
}
