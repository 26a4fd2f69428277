import { readWhole } from './answer-body.js';
import type { Incoming } from './http.js';
import { NetworkFault } from './network-fault.js';

/**
 * What a call expects of a 2xx answer: JSON; nothing, or JSON if there is something; the head alone; or bytes that the
 * caller reads as a stream.
 */
export type ExpectedAnswer = 'json' | 'optional-json' | 'head' | 'stream';

const maxRefusalBytes = 1024 * 1024;

/**
 * The body of a 2xx answer, parsed. Throws `NetworkFault`: another content type, JSON that breaks off, too large, too slow.
 * HTML with a 200 is what captive portals and failing gateways send: never a success.
 */
export async function readAccepted(
  incoming: Incoming,
  expected: ExpectedAnswer,
  maxBytes: number,
): Promise<{ body: unknown; bytes: number }> {
  const content = await readWhole(incoming, maxBytes);
  if (expected === 'optional-json' && content.length === 0) return { body: undefined, bytes: 0 };
  const kind = contentTypeOf(incoming);
  if (expected === 'head') return { body: undefined, bytes: content.length };
  if (expected === 'optional-json') {
    // A push is confirmed by its status; a word in plain text beside it ("Created") does not take that back.
    const text = content.toString('utf8').trimStart();
    if ((kind === '' || kind === 'text/plain') && !/^[<{[]/.test(text))
      return { body: undefined, bytes: content.length };
    if (kind === '' && !text.startsWith('<')) return { body: parseJson(content), bytes: content.length };
  }
  if (!isJson(kind))
    throw new NetworkFault('UnexpectedContentType', `expected JSON, got ${kind || 'no content type'}`);
  return { body: parseJson(content), bytes: content.length };
}

/** The body of a refusal if it is JSON, else undefined: its status already says enough to go on with. */
export async function readRefused(
  incoming: Incoming,
  maxBytes: number,
): Promise<{ body: unknown; bytes: number }> {
  const content = await readWhole(incoming, Math.min(maxBytes, maxRefusalBytes)).catch(() => Buffer.alloc(0));
  const fault = incoming.fault();
  if (fault?.code === 'Aborted') throw fault;
  let body: unknown;
  try {
    body = isJson(contentTypeOf(incoming)) ? JSON.parse(content.toString('utf8')) : undefined;
  } catch {
    body = undefined;
  }
  return { body, bytes: content.length };
}

function parseJson(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    // The parser's own message quotes the text, which may be a token: it is left out.
    throw new NetworkFault('TruncatedResponse', 'the JSON of the answer is not complete');
  }
}

function contentTypeOf(incoming: Incoming): string {
  return (incoming.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

function isJson(contentType: string): boolean {
  return contentType === 'application/json' || /^application\/[\w.-]+\+json$/.test(contentType);
}
