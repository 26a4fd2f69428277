import type { PathSegment } from './problem.js';

/** `value[x]` is how FHIR itself writes a choice. */
const plainKey = /^[A-Za-z_][A-Za-z0-9_-]*(?:\[x\])?$/;
const longestKey = 80;

/**
 * Writes a path the way a person reads it: `entry[1].resource.status`. A key that could be misread is quoted:
 * `entry[0]["odd key"]`. Keys over 80 characters are cut, so that a hostile key does not fill the page.
 */
export function formatPath(segments: readonly PathSegment[]): string {
  let path = '';
  for (const segment of segments) {
    if (typeof segment === 'number') path += `[${segment}]`;
    else if (plainKey.test(segment) && segment.length <= longestKey) path += path ? `.${segment}` : segment;
    else path += `[${JSON.stringify(segment.slice(0, longestKey))}]`;
  }
  return path;
}

/** Reads what `formatPath` wrote. `undefined` for anything else. */
export function parsePath(path: string): PathSegment[] | undefined {
  const step = /(?:^|\.)([A-Za-z_][A-Za-z0-9_-]*(?:\[x\])?)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  const segments: PathSegment[] = [];
  while (step.lastIndex < path.length) {
    const found = step.exec(path);
    if (!found) return undefined;
    const [, key, index, quoted] = found;
    if (key !== undefined) segments.push(key);
    else if (index !== undefined) segments.push(Number(index));
    else {
      const text = unquote(quoted ?? '');
      if (text === undefined) return undefined;
      segments.push(text);
    }
  }
  return segments;
}

function unquote(quoted: string): string | undefined {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return undefined;
  }
}
