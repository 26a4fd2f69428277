import { collectProblems } from './explain/collect-problems.js';
import { formatPath } from './explain/path.js';
import type { PathSegment, Problem, Report } from './explain/problem.js';
import type { MessageLanguage } from './explain/words.js';
import { isCheckable } from './measure-value.js';
import { reportCitizenNumbers } from './rules/citizen-number.js';
import { reportRules } from './rules/index.js';
import { reportStructure } from './structure/check-structure.js';
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
export function checkBundle(value: unknown, language: MessageLanguage = 'en'): CheckResult {
  const found = collectProblems(language);
  if (!isCheckable(value, found.report)) return { problems: found.list() };
  if (!isFields(value) || value.resourceType !== 'Bundle') {
    reportNoBundle(value, found.report);
    return { problems: found.list() };
  }
  // First, so that a citizen number is told even where something else is wrong at the same place.
  reportCitizenNumbers(value, found.report);
  const { meant, incomplete } = reportStructure(value, found.report);
  const explained = new Set([...found.errorPaths(), ...meant]);
  reportRules(value, (path, rule, values) => {
    if (!isWithin(path, explained)) found.report(path, rule, values);
  });
  if (incomplete) found.markIncomplete();
  return { problems: found.list() };
}

/** Where the structure check has spoken of a place, or of what is around it, that is the cause: no rule adds to it. */
function isWithin(path: readonly PathSegment[], explained: ReadonlySet<string>): boolean {
  return explained.size > 0 && path.some((_, index) => explained.has(formatPath(path.slice(0, index + 1))));
}

function reportNoBundle(value: unknown, report: Report): void {
  const type = isFields(value) ? value.resourceType : undefined;
  const path = isFields(value) ? ['resourceType'] : [];
  if (typeof type === 'string' && /^[A-Za-z]{1,40}$/.test(type)) report(path, 'single-resource', { type });
  else report(path, 'not-a-bundle');
}
