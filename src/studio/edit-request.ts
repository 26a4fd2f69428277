import type { ExchangeRequest, RequestPatch } from '../digime/index.js';
import type { Problem } from '../errors.js';

/** What the form of a held call may say: one field per claim and header, and the parts that are texts. */
export type EditFields = Readonly<Record<string, unknown>>;

const headerName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;
/** RFC 9110 §5.5, without the bytes above ASCII. */
const headerValue = /^[\x20-\x7e\t]{0,4096}$/;
/** What says where a message ends is the connection's: two readings of one request must not be possible. */
const ofConnection = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'upgrade',
  'expect',
  'te',
]);

/**
 * Reads what a person changed about a request: fields `path`, `claim.NAME`, `header.NAME`, `descriptor`, `body`, `signed`,
 * and `add.claim` or `add.header` as `NAME: VALUE`. A field that is emptied is left out of the request; one that still says
 * what was shown changes nothing, so that a masked secret stays as it is.
 * @param body the text that was shown as the body
 */
export function readEdits(
  shown: ExchangeRequest,
  fields: EditFields,
  body?: string,
): { patch: RequestPatch; problems: Problem[] } {
  const problems: Problem[] = [];
  const claims = readClaims(shown, fields, problems);
  const headers = readHeaders(shown, fields, problems);
  const path = textOf(fields.path);
  const bodyText = textOf(fields.body);
  const fileDescriptor = readDescriptor(shown, fields, problems);
  if (path !== undefined && path !== shown.path && !/^[\x21-\x7e…]{1,2048}$/.test(path))
    problems.push({ path: 'path', message: 'studio:problem.path' });
  const patch: RequestPatch = {
    ...(path !== undefined && path !== shown.path && { path }),
    ...(Object.keys(claims).length > 0 && { claims }),
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(fileDescriptor !== undefined && { fileDescriptor }),
    ...(bodyText !== undefined && body !== undefined && bodyText !== body && { body: Buffer.from(bodyText) }),
  };
  return { patch, problems };
}

function readClaims(
  shown: ExchangeRequest,
  fields: EditFields,
  problems: Problem[],
): Record<string, unknown> {
  const claims: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(shown.claims ?? {})) {
    const text = textOf(fields[`claim.${name}`]);
    if (text === undefined || text === printed(value)) continue;
    claims[name] = text === '' ? null : typedLike(value, text);
  }
  const added = pairIn(fields['add.claim'], 'add.claim', problems);
  if (added) claims[added[0]] = added[1];
  return claims;
}

function readHeaders(
  shown: ExchangeRequest,
  fields: EditFields,
  problems: Problem[],
): Record<string, string | null> {
  const headers: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(shown.headers)) {
    const text = textOf(fields[`header.${name}`]);
    if (text !== undefined && text !== value) headers[name] = text === '' ? null : text;
  }
  if (fields.signed === 'no') headers.Authorization = null;
  const added = pairIn(fields['add.header'], 'add.header', problems);
  if (added) headers[added[0]] = added[1];
  for (const [name, value] of Object.entries(headers)) {
    const isOurs = ofConnection.has(name.toLowerCase());
    if (isOurs || !headerName.test(name) || (value !== null && !headerValue.test(value)))
      problems.push({ path: name, message: isOurs ? 'studio:problem.connection' : 'studio:problem.header' });
  }
  return headers;
}

function readDescriptor(shown: ExchangeRequest, fields: EditFields, problems: Problem[]): unknown {
  const text = textOf(fields.descriptor);
  if (text === undefined || shown.fileDescriptor === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return JSON.stringify(value) === JSON.stringify(shown.fileDescriptor) ? undefined : value;
  } catch {
    problems.push({ path: 'descriptor', message: 'studio:problem.json' });
    return undefined;
  }
}

function pairIn(field: unknown, path: string, problems: Problem[]): [string, string] | undefined {
  const text = textOf(field)?.trim();
  if (!text) return undefined;
  const at = text.indexOf(':');
  const name = text.slice(0, at).trim();
  if (at < 1 || name === '__proto__') {
    problems.push({ path, message: 'studio:problem.pair' });
    return undefined;
  }
  return [name, text.slice(at + 1).trim()];
}

/** A claim as the form shows it. */
export function printed(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A number stays one where the text still is one: `timestamp` as a string is another thing to try. */
function typedLike(before: unknown, text: string): unknown {
  return typeof before === 'number' && /^-?\d{1,15}$/.test(text) ? Number(text) : text;
}

/** Forms send CRLF at the ends of lines. */
function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value.replaceAll('\r\n', '\n') : undefined;
}
