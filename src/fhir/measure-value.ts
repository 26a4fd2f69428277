import type { MessageValues, PathSegment, Report } from './explain/problem.js';
import type { RuleId } from './explain/rule-book.js';

/** Deeper than any real record: each level of nested questions takes four of these. */
const deepest = 100;
/** A bundle of 5 MiB as people write them has some 200,000 values. */
const mostValues = 500_000;

/**
 * Makes sure that a value can be checked in bounded time: nothing but what JSON can say, at most 100 levels deep and
 * 500,000 values in all. Reports the first excess and returns false.
 */
export function isCheckable(value: unknown, report: Report): boolean {
  const path: PathSegment[] = [];
  let values = 0;

  const measure = (current: unknown): Excess | undefined => {
    if (++values > mostValues) return { rule: 'too-many-values', values: { max: mostValues } };
    if (typeof current !== 'object' || current === null) return jsonProblem(current);
    if (path.length >= deepest) return { rule: 'too-deep', values: { max: deepest } };
    if (Array.isArray(current)) return measureEach(current.entries());
    return measureEach(Object.entries(current));
  };
  const measureEach = (children: Iterable<[PathSegment, unknown]>): Excess | undefined => {
    for (const [segment, child] of children) {
      path.push(segment);
      const problem = measure(child);
      if (problem) return problem;
      path.pop();
    }
    return undefined;
  };

  const problem = measure(value);
  if (problem) report(path.slice(0, 8), problem.rule, problem.values);
  return problem === undefined;
}

interface Excess {
  rule: RuleId;
  values: MessageValues;
}

function jsonProblem(value: unknown): Excess | undefined {
  const isJson = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  return isJson ? undefined : { rule: 'not-json', values: { kind: typeof value } };
}
