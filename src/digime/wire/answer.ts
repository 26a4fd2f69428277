import { Readable } from 'node:stream';
import type { ClientErrorCode } from '../errors.js';
import { Watchdog } from './abort.js';
import type { Incoming } from './http.js';
import { type JsonFault, parseJson } from './json.js';
import { answerFault, NetworkFault } from './network-fault.js';

/** A download must bring this much in every span of its deadline: a drip is no progress. */
const progressBytes = 64 * 1024;

/**
 * What a call expects of a 2xx answer: JSON; the head alone; bytes that the caller reads as a stream; anything; or the receipt
 * of a push, which is confirmed by the status, whatever stands beside it.
 * @internal
 */
export type ExpectedAnswer = 'json' | 'head' | 'stream' | 'any' | 'library-receipt' | 'provider-receipt';

/** Why the body of a 2xx answer to a push could not be read, although the push has been accepted. */
export interface Unreadable {
  code: ClientErrorCode;
  message: string;
}

/** What was read of an answer's body; `bytes` of it arrived. @internal */
export interface ReadBody {
  body: unknown;
  bytes: number;
  unreadable?: Unreadable;
}

const maxRefusalBytes = 1024 * 1024;

/**
 * The body of a 2xx answer, parsed.
 * @throws NetworkFault: another content type, JSON that breaks off or is nested too deep, too large, too slow. HTML with a
 * 200 is what captive portals and failing gateways send: never a success.
 * @internal
 */
export async function readAccepted(
  incoming: Incoming,
  expected: Exclude<ExpectedAnswer, 'stream'>,
  maxBytes: number,
): Promise<ReadBody> {
  const kind = contentTypeOf(incoming);
  const forProvider = expected === 'provider-receipt';
  let content: Buffer;
  try {
    content = incoming.isWhole ? readBuffered(incoming, maxBytes) : await readWhole(incoming, maxBytes);
  } catch (error) {
    // What a provider has taken must not be sent again for the size of its answer. A library's file may.
    if (!forProvider || isPage(kind) || !(error instanceof NetworkFault) || error.code !== 'ResponseTooLarge')
      throw error;
    return { body: undefined, bytes: maxBytes, unreadable: { code: error.code, message: error.message } };
  }
  const bytes = content.length;
  if (expected === 'head') return { body: undefined, bytes };
  if (expected === 'json') {
    if (!isJson(kind)) throw unexpectedType(kind);
    return { body: parsed(content), bytes };
  }
  if (bytes === 0) return { body: undefined, bytes };
  if (expected === 'any') return { body: isJson(kind) ? parsed(content) : content.toString('utf8'), bytes };
  return { ...readReceipt(content, kind), bytes };
}

/** A word in plain text beside the status ("Created") is no body; whatever else cannot be read is said, not thrown. */
function readReceipt(content: Buffer, kind: string): { body: unknown; unreadable?: Unreadable } {
  const text = content.toString('utf8').trimStart();
  if (isPage(kind) || (kind === '' && text.startsWith('<'))) throw unexpectedType(kind);
  const untyped = kind === '' || kind === 'text/plain';
  if (untyped && !/^[{[]/.test(text)) return { body: undefined };
  if (!isJson(kind) && !untyped) {
    const { code, message } = unexpectedType(kind);
    return { body: undefined, unreadable: { code, message } };
  }
  try {
    return { body: parsed(content) };
  } catch (error) {
    if (!(error instanceof NetworkFault) || error.code === 'TruncatedResponse') throw error;
    return { body: undefined, unreadable: { code: error.code, message: error.message } };
  }
}

/** The body of a refusal if it is JSON, else undefined: its status already says enough to go on with. @internal */
export async function readRefused(incoming: Incoming, maxBytes: number): Promise<ReadBody> {
  const content = await readWhole(incoming, Math.min(maxBytes, maxRefusalBytes)).catch(() => Buffer.alloc(0));
  const fault = incoming.fault();
  if (fault?.code === 'Aborted') throw fault;
  let body: unknown;
  try {
    body = isJson(contentTypeOf(incoming)) ? parseJson(content.toString('utf8')) : undefined;
  } catch {
    body = undefined;
  }
  return { body, bytes: content.length };
}

function parsed(content: Buffer): unknown {
  try {
    return parseJson(content.toString('utf8'));
  } catch (error) {
    const { reason, message } = error as JsonFault;
    throw new NetworkFault(reason === 'truncated' ? 'TruncatedResponse' : 'UnexpectedResponse', message);
  }
}

function unexpectedType(kind: string): NetworkFault {
  return new NetworkFault('UnexpectedContentType', `expected JSON, got ${kind || 'no content type'}`);
}

function contentTypeOf(incoming: Incoming): string {
  return (incoming.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}

/** `application/json+fhir` is how servers of DSTU2 and early STU3 spell it. */
function isJson(kind: string): boolean {
  return (
    kind === 'application/json' ||
    kind === 'application/json+fhir' ||
    kind === 'text/json' ||
    /^application\/[\w.-]+\+json$/.test(kind)
  );
}

function isPage(kind: string): boolean {
  return kind === 'text/html' || kind === 'application/xhtml+xml';
}

/**
 * Reads an answer's body whole, at most `maxBytes` after decompression, within the deadline it was opened with.
 * @throws NetworkFault; the exchange is over either way
 */
function readWhole(incoming: Incoming, maxBytes: number): Promise<Buffer> {
  return new Promise<Buffer>((resolve, reject) => {
    const { body } = incoming;
    const chunks: Buffer[] = [];
    let bytes = 0;
    body.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > maxBytes) incoming.breakOff(tooLarge(maxBytes));
      else chunks.push(chunk);
    });
    body.once('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)));
    body.on('error', (error) => reject(incoming.fault() ?? answerFault(error)));
    body.once('close', () => {
      if (!body.readableEnded)
        reject(incoming.fault() ?? new NetworkFault('TruncatedResponse', 'the answer broke off'));
    });
  }).finally(() => incoming.close());
}

/** The same for a body that has arrived whole, without waiting. */
function readBuffered(incoming: Incoming, maxBytes: number): Buffer {
  const content: Buffer = incoming.body.read() ?? Buffer.alloc(0);
  if (content.length > maxBytes) incoming.breakOff(tooLarge(maxBytes));
  incoming.close();
  const fault = incoming.fault();
  if (fault) throw fault;
  return content;
}

/**
 * An answer's body as a stream, at most `maxBytes` of it; it fails when it brings less than 64 KiB (or its end) in
 * `stallMs`. Time in which nobody reads does not count. `toError` makes the error that the reader sees.
 * @internal
 */
export function readAsStream(
  incoming: Incoming,
  maxBytes: number,
  stallMs: number,
  toError: (fault: NetworkFault) => Error,
): Readable {
  incoming.endDeadline();
  const stream = Readable.from(chunksOf(incoming, maxBytes, stallMs, toError), { objectMode: false });
  // A generator that was never started runs no `finally`.
  return stream.once('close', () => {
    incoming.body.destroy();
    incoming.close();
  });
}

async function* chunksOf(
  incoming: Incoming,
  maxBytes: number,
  stallMs: number,
  toError: (fault: NetworkFault) => Error,
): AsyncGenerator<Buffer> {
  const chunks = incoming.body[Symbol.asyncIterator]();
  let bytes = 0;
  let bytesInSpan = 0;
  let leftMs = stallMs;
  try {
    for (;;) {
      const waitingSince = performance.now();
      const watchdog = new Watchdog(leftMs, () =>
        incoming.breakOff(new NetworkFault('Timeout', `less than ${progressBytes} bytes in ${stallMs} ms`)),
      );
      const next = await chunks.next().finally(() => watchdog.stop());
      if (next.done) return;
      const chunk: Buffer = next.value;
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      bytesInSpan += chunk.length;
      leftMs = bytesInSpan >= progressBytes ? stallMs : leftMs - (performance.now() - waitingSince);
      if (bytesInSpan >= progressBytes) bytesInSpan = 0;
      yield chunk;
    }
  } catch (error) {
    throw toError(incoming.fault() ?? (error instanceof NetworkFault ? error : answerFault(error)));
  }
}

function tooLarge(maxBytes: number): NetworkFault {
  return new NetworkFault('ResponseTooLarge', `the answer is larger than ${maxBytes} bytes`);
}
