import { scanJson } from './scan-json.js';
import type { JsonFault } from './scan-string.js';

/** The members of a JSON object as they are written, or what is wrong with the text and in which member. */
export type MembersRead =
  | { members: Map<string, string> }
  | { fault: JsonFault; member: { name: string; start: number } | undefined }
  | { notAnObject: true };

/**
 * Takes a JSON object apart without reading its values, so that each keeps its digits, its order and its blanks, and a
 * name that is there twice is seen.
 */
export function readMembers(text: string): MembersRead {
  const members = new Map<string, string>();
  let depth = 0;
  let member: { name: string; start: number } | undefined;
  const fault = scanJson(text, {
    enter(segment, _offset, value) {
      if (depth++ === 0) member = { name: String(segment), start: value };
    },
    leave(end) {
      if (--depth > 0 || member === undefined) return;
      members.set(member.name, text.slice(member.start, end));
      member = undefined;
    },
  });
  if (fault) return { fault, member };
  return text
    .trimStart()
    .replace(/^\ufeff\s*/, '')
    .startsWith('{')
    ? { members }
    : { notAnObject: true };
}
