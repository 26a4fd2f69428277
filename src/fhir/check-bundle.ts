import { reportStructure } from './check-structure.js';
import { collectProblems } from './collect-problems.js';
import { isCheckable } from './measure-value.js';
import { formatPath } from './path.js';
import type { PathSegment, Problem } from './problem.js';
import { reportRules } from './rules/index.js';
import { isFields } from './walk-resource.js';

/** What a check found; without an error among them, the bundle may be sent. */
export interface CheckResult {
  problems: Problem[];
}

/**
 * Checks a parsed JSON value before it is sent to a MedMij provider: one FHIR STU3 Bundle whose structure is right
 * and that keeps the rules a MedMij receiver applies (`rules/`). Never throws; time is bounded by the size of the
 * value, which may be hostile.
 *
 * @returns errors first, then warnings, each by entry, one per place; at most 50, then one that counts the rest
 */
export function checkBundle(value: unknown): CheckResult {
  const found = collectProblems();
  if (!isCheckable(value, found.report)) return { problems: found.list() };
  if (!isFields(value) || value.resourceType !== 'Bundle') {
    found.report(isFields(value) ? ['resourceType'] : [], bundleExpected(value));
    return { problems: found.list() };
  }
  const { meant, incomplete } = reportStructure(value, found.report);
  const explained = new Set([...found.errorPaths(), ...meant]);
  reportRules(value, (path, message, severity) => {
    if (!isWithin(path, explained)) found.report(path, message, severity);
  });
  if (incomplete) found.markIncomplete();
  return { problems: found.list() };
}

/**
 * Checks the structure of a single resource of any of the 17 types, a Bundle too, without the rules of a send.
 * Bounded and ordered as `checkBundle`.
 */
export function checkResource(value: unknown): CheckResult {
  const found = collectProblems();
  if (isCheckable(value, found.report) && reportStructure(value, found.report).incomplete)
    found.markIncomplete();
  return { problems: found.list() };
}

/** Where the structure check has spoken of a place, or of what is around it, that is the cause: no rule adds to it. */
function isWithin(path: readonly PathSegment[], explained: ReadonlySet<string>): boolean {
  return explained.size > 0 && path.some((_, index) => explained.has(formatPath(path.slice(0, index + 1))));
}

function bundleExpected(value: unknown): string {
  const type = isFields(value) ? value.resourceType : undefined;
  if (typeof type === 'string' && /^[A-Za-z]{1,40}$/.test(type)) {
    return `expected one Bundle, found a single ${type}: a provider takes resources inside a Bundle`;
  }
  return 'expected one FHIR Bundle: an object whose resourceType is "Bundle"';
}
