import { parsePath } from '../explain/path.js';
import type { PathSegment } from '../explain/problem.js';
import { scanJson } from './scan-json.js';

/** A place in a text; both count from 1, columns in UTF-16 units as editors and `textarea`s do. */
export interface Position {
  line: number;
  column: number;
}

/**
 * Where paths of `Problem`s stand in the JSON source they were found in: the key of a member, the start of an item. What
 * is not there (a missing element) is answered with what is around it, an empty path with the start. One pass over the
 * text; a path that cannot be read, or that a fault of the text hides, is left out.
 */
export function locatePathsInJson(text: string, paths: readonly string[]): Map<string, Position> {
  const root: Branch = { children: new Map() };
  for (const path of paths) plant(root, path);
  const position = positionsIn(text);
  const around: (Branch | undefined)[] = [root];
  root.offset = Math.max(0, text.search(/[^\s\uFEFF]/));
  const fault = scanJson(text, {
    enter(segment, offset) {
      const branch = around.at(-1)?.children.get(segment);
      if (branch) branch.offset = offset;
      around.push(branch);
    },
    leave: () => around.pop(),
  });
  const found = new Map<string, Position>();
  for (const path of paths) {
    const { offset, complete } = nearest(root, parsePath(path));
    if (offset !== undefined && (complete || !fault)) found.set(path, position(offset));
  }
  return found;
}

/** Turns offsets into lines and columns; the lines are counted once. */
export function positionsIn(text: string): (offset: number) => Position {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return (offset) => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
}

interface Branch {
  children: Map<PathSegment, Branch>;
  offset?: number;
}

function plant(root: Branch, path: string): void {
  let branch = root;
  for (const segment of parsePath(path) ?? []) {
    const next = branch.children.get(segment) ?? { children: new Map() };
    branch.children.set(segment, next);
    branch = next;
  }
}

function nearest(root: Branch, segments: readonly PathSegment[] | undefined) {
  if (!segments) return { offset: undefined, complete: false };
  let offset = root.offset;
  let branch: Branch | undefined = root;
  for (const segment of segments) {
    branch = branch?.children.get(segment);
    if (branch?.offset === undefined) return { offset, complete: false };
    offset = branch.offset;
  }
  return { offset, complete: true };
}
