import type { RuleId } from './rule-book.js';

/** One thing that is wrong with a bundle, or worth a second look, at a place a person can find. */
export interface Problem {
  /** For example `entry[1].resource.component[0].valueQuantity.value`; empty for the whole document. */
  path: string;
  /** Which rule it breaks: the heading in `docs/fhir.md`, and the key of its words. */
  rule: string;
  /** What was expected, in plain words. Never repeats a value of the bundle, so it is safe to keep and to log. */
  message: string;
  /** A warning does not stop a send. */
  severity: 'error' | 'warning';
  /** An error that a person may overrule, because it is a profile or a receiver that forbids it, not FHIR's structure. */
  overridable?: true;
  /** Where the rule is written. */
  source: string;
}

/** What fills the places of a message; a phrase is itself put into the reader's language. */
export type MessageValue = string | number | Phrase;
/** A key of the words with what fills its places. */
export interface Phrase {
  say: string;
  values?: MessageValues;
}
export type MessageValues = Readonly<Record<string, MessageValue>>;

/** Takes down one problem; the path is copied at once, the caller may go on changing it. */
export type Report = (path: readonly PathSegment[], rule: RuleId, values?: MessageValues) => void;

/** A key of an object or an index of a list. */
export type PathSegment = string | number;
