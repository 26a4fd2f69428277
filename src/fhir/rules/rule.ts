import type { PathSegment, Report } from '../explain/problem.js';
import type { FhirNode, Fields } from '../walk-resource.js';

/** A rule about every object of one type, wherever it stands. */
export type NodeRule = (node: FhirNode, report: Report) => void;

/** An entry of the bundle that holds a resource. */
export interface Entry {
  path: readonly PathSegment[];
  value: Fields;
  resource: Fields;
  request: Fields;
}

/** A rule about one entry of the bundle. */
export type EntryRule = (entry: Entry, report: Report) => void;

/** A rule about the bundle as a whole. */
export type BundleRule = (bundle: Fields, entries: readonly Entry[], report: Report) => void;
