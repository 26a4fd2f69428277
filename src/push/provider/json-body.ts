import { decodeUtf8, type JsonFault, readMembers } from '../../fhir/index.js';

/** A JSON body taken apart: its plain fields by name, and the resource as it was written. */
export type OpenedBody =
  | { fields: Record<string, unknown>; text?: string }
  | { fault: 'not-utf8'; offset: number }
  | { fault: 'not-json' }
  /** What is wrong with the resource; line and column count from its beginning. */
  | { fault: 'resource'; rule: JsonFault['rule']; values: JsonFault['values']; line: number; column: number };

/** Plain fields are identifiers and keys: nothing of them is long. */
const longestField = 10_000;

/**
 * Reads `{ connection?, accountId?, version, resource, … }` from the bytes of a body. The resource, an object or its
 * text, keeps every digit as it was sent, and a name that is in it twice is a fault.
 */
export function openBody(bytes: Uint8Array): OpenedBody {
  const decoded = decodeUtf8(bytes);
  if ('invalidAt' in decoded) return { fault: 'not-utf8', offset: decoded.invalidAt };
  const body = decoded.text;
  const read = readMembers(body);
  if ('notAnObject' in read) return { fault: 'not-json' };
  if ('fault' in read) {
    const { fault, member } = read;
    const isInside = member?.name === 'resource' && /[{[]/.test(body[member.start] ?? '');
    if (!member || !isInside) return { fault: 'not-json' };
    const before = body.slice(member.start, fault.offset).split('\n');
    const column = (before.at(-1)?.length ?? 0) + 1;
    return { fault: 'resource', rule: fault.rule, values: fault.values, line: before.length, column };
  }
  const fields: Record<string, unknown> = {};
  let text: string | undefined;
  for (const [name, json] of read.members) {
    if (name === 'resource') text = resourceText(json);
    else if (json.length <= longestField) fields[name] = JSON.parse(json);
  }
  return { fields, ...(text !== undefined && { text }) };
}

function resourceText(json: string): string | undefined {
  if (json === 'null' || json === '""') return undefined;
  return json.startsWith('"') ? String(JSON.parse(json)).replaceAll('\r\n', '\n') : json;
}
