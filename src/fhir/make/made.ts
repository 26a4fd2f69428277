import { formatPath } from '../explain/path.js';
import type { PathSegment } from '../explain/problem.js';

/** A bundle and where the value of each field went: paths as `entry[1].resource.valueQuantity.value`. */
export interface Made {
  bundle: Record<string, unknown>;
  places: Record<string, string[]>;
}

/** A value that comes from a field. */
class FromField {
  readonly field: string;
  readonly value: unknown;

  constructor(field: string, value: unknown) {
    this.field = field;
    this.value = value;
  }
}

/** Marks a value as coming from a field, so that its place is told. */
export function from(field: string, value: unknown): unknown {
  return value === undefined ? undefined : new FromField(field, value);
}

/** Takes the marks out of a bundle, and what is empty with them. */
export function finish(tree: Record<string, unknown>): Made {
  const places: Record<string, string[]> = {};
  const path: PathSegment[] = [];

  const settle = (value: unknown): unknown => {
    if (value instanceof FromField) {
      places[value.field] = [...(places[value.field] ?? []), formatPath(path)];
      return value.value;
    }
    if (Array.isArray(value)) {
      const items = value.filter((item) => !isEmpty(item));
      return items.map((item, index) => within(index, item));
    }
    if (typeof value !== 'object' || value === null) return value;
    const kept = Object.entries(value).filter(([, child]) => !isEmpty(child));
    return Object.fromEntries(kept.map(([key, child]) => [key, within(key, child)]));
  };
  const within = (segment: PathSegment, value: unknown): unknown => {
    path.push(segment);
    const settled = settle(value);
    path.pop();
    return settled;
  };

  return { bundle: settle(tree) as Record<string, unknown>, places };
}

function isEmpty(value: unknown): boolean {
  if (value === undefined) return true;
  if (value instanceof FromField || typeof value !== 'object' || value === null) return false;
  return Object.values(value).every(isEmpty);
}
