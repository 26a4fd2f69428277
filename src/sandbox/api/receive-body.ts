import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { randomHex } from '../random.js';
import { Refusal } from '../refusal.js';
import type { Call } from './call.js';

export interface ReceivedBody {
  /** The file that holds it. */
  path: string;
  size: number;
  sha256: string;
}

/**
 * Writes a body to disk as it arrives and hands it to `keep`, which may move the file away; what it leaves is removed.
 * @throws Refusal, leaving nothing behind, when the body is empty or longer than maxBytes or did not arrive whole
 */
export async function receiveBody<T>(
  { platform, request, body, recorded }: Call,
  maxBytes: number,
  keep: (received: ReceivedBody) => T | Promise<T>,
): Promise<T> {
  const tooLarge = () => new Refusal('PayloadTooLarge', `the body may have at most ${maxBytes} bytes`);
  if (Number(request.get('content-length') ?? 0) > maxBytes) throw tooLarge();
  const path = join(platform.state.incoming, randomHex(12));
  try {
    await pipeline(
      body,
      (chunks) => upTo(maxBytes, chunks),
      createWriteStream(path, { flags: 'wx', mode: 0o600 }),
    );
    const { size, sha256 } = recorded.body;
    if (size > maxBytes) throw tooLarge();
    if (size === 0 || sha256 === null) throw new Refusal('InvalidRequest', 'the body is empty');
    return await keep({ path, size, sha256 });
  } catch (error) {
    if (request.complete) throw error;
    throw new Refusal('InvalidRequest', 'the body did not arrive whole: nothing was stored');
  } finally {
    await rm(path, { force: true });
  }
}

/** Reads to the end even beyond the limit: a client that is cut off in mid body never sees why. */
async function* upTo(maxBytes: number, chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size <= maxBytes) yield chunk;
  }
}
