import { formatPath } from './path.js';
import type { MessageValues, Problem, Report } from './problem.js';
import { type RuleId, ruleOf } from './rule-book.js';
import { type MessageLanguage, sayIn } from './words.js';

const mostShown = 50;
const mostKept = 1000;

/** Takes problems down in bounded space and hands out the list for a person. */
export interface Collection {
  report: Report;
  /** Says that there are more errors than were reported. */
  markIncomplete: () => void;
  /** The places that have an error so far. */
  errorPaths: () => string[];
  /** What blocks first, then errors, then warnings, each by entry; one per place; at most 50, then one that counts the rest. */
  list: () => Problem[];
}

interface Found {
  path: string;
  rule: RuleId;
  values: MessageValues;
}

const ranks = { blocking: 0, error: 1, warning: 2 } as const;
const rankOf = ({ rule }: Found) => ranks[ruleOf(rule).level];

/** An empty collection. It keeps 1,000 problems of each level and counts what comes after. */
export function collectProblems(language: MessageLanguage = 'en'): Collection {
  const kept: Found[][] = [[], [], []];
  const uncounted = [0, 0, 0];
  let incomplete = false;
  return {
    report(path, rule, values = {}) {
      const rank = ranks[ruleOf(rule).level];
      const same = kept[rank];
      if (same !== undefined && same.length < mostKept) same.push({ path: formatPath(path), rule, values });
      else uncounted[rank] = (uncounted[rank] ?? 0) + 1;
    },
    markIncomplete() {
      incomplete = true;
    },
    errorPaths: () => [...(kept[0] ?? []), ...(kept[1] ?? [])].map(({ path }) => path),
    list() {
      const distinct = onePerPlace(kept.flatMap(byEntry));
      const shown = distinct.slice(0, mostShown).map((found) => toProblem(found, language));
      const hidden = distinct.slice(mostShown);
      const count = hidden.length + uncounted.reduce((sum, some) => sum + some, 0);
      if (count === 0 && !incomplete) return shown;
      const levels = ['blocking', 'error', 'warning'] as const;
      // What is cut off from a structure that is broken in many places is structure.
      const worst = incomplete
        ? 0
        : Math.min(...hidden.map(rankOf), ...uncounted.flatMap((n, rank) => (n > 0 ? [rank] : [])));
      const words = `${incomplete ? 'more-at-least' : 'more'}-${count === 1 ? 'one' : 'other'}`;
      const message = sayIn(language, words, { count });
      return [
        ...shown,
        { path: '', rule: 'more', message, ...weightOf(levels[worst] ?? 'warning'), source: '' },
      ];
    },
  };
}

function toProblem({ path, rule, values }: Found, language: MessageLanguage): Problem {
  const { level, source } = ruleOf(rule);
  return { path, rule, message: sayIn(language, rule, values), ...weightOf(level), source };
}

function weightOf(level: keyof typeof ranks): Pick<Problem, 'severity' | 'overridable'> {
  if (level === 'warning') return { severity: 'warning' };
  return level === 'error' ? { severity: 'error', overridable: true } : { severity: 'error' };
}

function onePerPlace(problems: readonly Found[]): Found[] {
  const seen = new Set<string>();
  return problems.filter(({ path }) => !seen.has(path) && seen.add(path));
}

function byEntry(problems: readonly Found[]): Found[] {
  return [...problems].sort((a, b) => entryOf(a) - entryOf(b));
}

/** What belongs to no entry comes first. */
function entryOf({ path }: Found): number {
  return Number(/^entry\[(\d+)\]/.exec(path)?.[1] ?? -1);
}
