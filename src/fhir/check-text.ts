import { checkBundle } from './check-bundle.js';
import { collectProblems } from './explain/collect-problems.js';
import type { Problem } from './explain/problem.js';
import type { MessageLanguage } from './explain/words.js';
import { locatePathsInJson } from './json/locate-in-json.js';
import { parseJsonWithPosition } from './json/parse-json.js';

/** A problem and where its place stands in the text; line and column count from 1. */
export interface PlacedProblem extends Problem {
  line?: number;
  column?: number;
}

/** What a check of a text found; `value` is there when the text is JSON. */
export interface CheckedText {
  problems: PlacedProblem[];
  value?: unknown;
}

/** Checks the text of a bundle: strict JSON, then everything that `checkBundle` checks, each problem with its line. */
export function checkText(text: string, language: MessageLanguage = 'en'): CheckedText {
  const parsed = parseJsonWithPosition(text);
  if ('problem' in parsed) {
    const { rule, values, line, column } = parsed.problem;
    const found = collectProblems(language);
    found.report([], rule, values);
    return { problems: found.list().map((problem) => ({ ...problem, line, column })) };
  }
  const found = checkBundle(parsed.value, language).problems;
  const paths = new Set(found.map(({ path }) => path));
  const places = paths.size > 0 ? locatePathsInJson(text, [...paths]) : undefined;
  const problems = found.map((problem) => ({ ...problem, ...places?.get(problem.path) }));
  return { problems, value: parsed.value };
}
