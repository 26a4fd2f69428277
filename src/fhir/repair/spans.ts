import { formatPath, parsePath } from '../explain/path.js';
import type { PathSegment, Problem } from '../explain/problem.js';
import { scanJson } from '../json/scan-json.js';

/** Characters to be replaced: from `start` to before `end` by `put`. */
export interface Edit {
  start: number;
  end: number;
  put: string;
}

/** Where a member or an item stands: its key (an item's value), its value, and the offset after that. */
export interface Span {
  key: number;
  start: number;
  end: number;
}

interface Branch {
  path: string;
  children: Map<PathSegment, Branch>;
}

/** Where the places of problems, what is around them and what stands beside them are in the text, by path; in one pass. */
export function valuesIn(text: string, problems: readonly Problem[]): Map<string, Span> {
  const root: Branch = { path: '', children: new Map() };
  for (const { path } of problems) {
    const segments = parsePath(path);
    if (segments === undefined) continue;
    plant(root, segments);
    // What is added to an entry or to a request stands beside what is there.
    if (segments[0] === 'entry') plant(root, [...segments.slice(0, 2), 'resource']);
    plant(root, [...segments, 0]);
  }
  const found = new Map<string, Span>();
  const open: ({ branch: Branch; span: Span } | undefined)[] = [];
  scanJson(text, {
    enter(segment, key, start) {
      const around = open.length === 0 ? root : open.at(-1)?.branch;
      const branch = around?.children.get(segment);
      open.push(branch && { branch, span: { key, start, end: start } });
    },
    leave(end) {
      const own = open.pop();
      if (own) found.set(own.branch.path, { ...own.span, end });
    },
  });
  return found;
}

function plant(root: Branch, segments: readonly PathSegment[]): void {
  let branch = root;
  for (const [index, segment] of segments.entries()) {
    const next = branch.children.get(segment) ?? {
      path: formatPath(segments.slice(0, index + 1)),
      children: new Map(),
    };
    branch.children.set(segment, next);
    branch = next;
  }
}
