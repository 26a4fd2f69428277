import { z } from 'zod';
import { parseAnswer } from '../wire/parse-answer.js';
import type { PlatformAnswer } from '../wire/platform-call.js';

/** What is known of a file in a library. Metadata of raw files come back in lower case: `mimetype`, `accounts[].accountid`, … */
export interface FileFacts {
  fileMetadata: Record<string, unknown>;
  fileName: string;
  /** The `Last-Modified` header: an HTTP date. */
  lastModified: string | undefined;
}

/** How a file was made smaller before it was encrypted. */
export type Compression = 'gzip' | 'brotli' | undefined;

const metadataShape = z.looseObject({
  metadata: z.record(z.string(), z.unknown()),
  compression: z.enum(['gzip', 'brotli', 'no-compression']).optional(),
});

/** The facts in the headers of a file's answer: `x-metadata` is base64url JSON. Throws `ServerError` (`UnexpectedResponse`). */
export function fileFactsOf(
  answer: PlatformAnswer,
  fileName: string,
): FileFacts & { compression: Compression } {
  const { metadata, compression } = parseAnswer(metadataShape, decode(answer.headers['x-metadata']), answer);
  return {
    fileMetadata: metadata,
    fileName,
    lastModified: answer.headers['last-modified'],
    compression: compression === 'no-compression' ? undefined : compression,
  };
}

function decode(header: string | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(header ?? '', 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
