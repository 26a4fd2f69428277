import { Readable } from 'node:stream';
import type { Incoming } from './http.js';
import { answerFault, NetworkFault } from './network-fault.js';
import { Watchdog } from './watchdog.js';

/** A download must bring this much in every span of its deadline: a drip is no progress. */
const progressBytes = 64 * 1024;

/**
 * Reads an answer's body whole, at most `maxBytes` after decompression, within the deadline it was opened with.
 * Rejects with a `NetworkFault`; the exchange is over either way.
 */
export function readWhole(incoming: Incoming, maxBytes: number): Promise<Buffer> {
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

/**
 * An answer's body as a stream, at most `maxBytes` of it; it fails when it brings less than 64 KiB (or its end) in
 * `stallMs`. Time in which nobody reads does not count. `toError` makes the error that the reader sees.
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
