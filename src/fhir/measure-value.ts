import type { PathSegment, Report } from './problem.js';

/** Deeper than any real record: each level of nested questions takes four of these. */
const DEEPEST = 100;
/** A bundle of 5 MiB as people write them has some 200,000 values. */
const MOST_VALUES = 500_000;

/**
 * Makes sure that a value can be checked in bounded time: nothing but what JSON can say, at most 100 levels deep and
 * 500,000 values in all. Reports the first excess and returns false.
 */
export function isCheckable(value: unknown, report: Report): boolean {
  const path: PathSegment[] = [];
  let values = 0;

  const measure = (current: unknown): string | undefined => {
    if (++values > MOST_VALUES) return `too much to check: more than ${MOST_VALUES} values`;
    if (typeof current !== 'object' || current === null) return jsonProblem(current);
    if (path.length >= DEEPEST) return `nested too deeply: more than ${DEEPEST} levels`;
    if (Array.isArray(current)) return measureEach(current.entries());
    return measureEach(Object.entries(current));
  };
  const measureEach = (children: Iterable<[PathSegment, unknown]>): string | undefined => {
    for (const [segment, child] of children) {
      path.push(segment);
      const problem = measure(child);
      if (problem) return problem;
      path.pop();
    }
    return undefined;
  };

  const problem = measure(value);
  if (problem) report(path.slice(0, 8), problem);
  return problem === undefined;
}

function jsonProblem(value: unknown): string | undefined {
  const isJson = value === null || ['string', 'number', 'boolean'].includes(typeof value);
  return isJson ? undefined : `expected JSON, found a value that JSON cannot hold (${typeof value})`;
}
