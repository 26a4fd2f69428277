/** One thing that is wrong with a bundle, or worth a second look, at a place a person can find. */
export interface Problem {
  /** For example `entry[1].resource.component[0].valueQuantity.value`; empty for the whole document. */
  path: string;
  /** What was expected, in plain words. Never repeats a value of the bundle, so it is safe to keep and to log. */
  message: string;
  /** A warning does not stop a send. */
  severity: 'error' | 'warning';
}

/** Takes down one problem; the path is copied at once, the caller may go on changing it. */
export type Report = (path: readonly PathSegment[], message: string, severity?: Problem['severity']) => void;

/** A key of an object or an index of a list. */
export type PathSegment = string | number;
