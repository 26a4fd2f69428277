import {
  checkText as checkBundleText,
  compactJson,
  formatJson,
  importR4,
  type MessageLanguage,
  type PlacedProblem,
  type Repaired,
  repairText,
} from '../../fhir/index.js';
import { bundleFileName } from './provider-file-name.js';

export type { PlacedProblem } from '../../fhir/index.js';

/**
 * `show`: what can be put right by itself is wanted as well; `apply`: it is put right before the check. `showR4` and
 * `applyR4` turn the text from FHIR R4 into STU3 instead.
 */
export type RepairAction = 'show' | 'apply' | 'showR4' | 'applyR4';

/** One piece of work with a text; what it takes grows with the text. */
export interface CheckRequest {
  text: string;
  language: MessageLanguage;
  /** The text is laid out before it is checked, where it is JSON. */
  format?: boolean;
  repair?: RepairAction;
  /** What would be sent is wanted as well. */
  forSending?: boolean;
}

/** What a check of a text found. */
export interface CheckedText {
  problems: PlacedProblem[];
  /** `ready`: no errors; `overridable`: errors that a person may overrule; `blocked`: it cannot be sent. */
  verdict: 'ready' | 'overridable' | 'blocked';
  /** The text laid out, when that was asked for and the result stays within four times its length. */
  formatted?: string;
  /** The text with what has one certain repair put right, when that was asked for. */
  repaired?: Repaired;
  /** Unless blocked, when that was asked for. */
  payload?: {
    /** The bundle as it leaves: the checked JSON without the blanks between its parts. */
    json: string;
    fileName: string;
  };
}

/** What is laid out may be this many times as long as it was; a short text may always grow to `formatFloor`. */
const formatGrowth = 3;
const formatFloor = 32 * 1024;

/**
 * Checks the text of a bundle: strict JSON, then the structure and the rules of `fhir/`. Takes about 0.1 s per MiB on
 * one core; what serves requests asks a `ResourceChecker` instead.
 */
export function checkText({ text, language, format, repair, forSending }: CheckRequest): CheckedText {
  const formatted = format ? layOut(text) : undefined;
  const isR4 = repair === 'showR4' || repair === 'applyR4';
  const repaired = repair && (isR4 ? importR4 : repairText)(formatted ?? text, language);
  const wanted = repair === 'apply' || repair === 'applyR4' ? repaired?.text : formatted;
  const checked = checkBundleText(wanted ?? text, language);
  const { problems } = checked;
  const verdict = verdictOf(problems);
  return {
    problems,
    verdict,
    ...(formatted !== undefined && { formatted }),
    ...(repaired && { repaired }),
    ...(forSending &&
      verdict !== 'blocked' && {
        payload: { json: compactJson(text), fileName: bundleFileName(checked.value) },
      }),
  };
}

function verdictOf(problems: readonly PlacedProblem[]): CheckedText['verdict'] {
  const errors = problems.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return 'ready';
  return errors.every(({ overridable }) => overridable) ? 'overridable' : 'blocked';
}

/** What is not JSON stays as it is: the check says what is wrong with it. */
function layOut(text: string): string | undefined {
  try {
    JSON.parse(text.replace(/^\ufeff/, ''));
  } catch {
    return undefined;
  }
  return formatJson(text, Math.max(formatFloor, formatGrowth * text.length));
}
