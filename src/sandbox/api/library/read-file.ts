import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Refusal } from '../../refusal.js';
import type { StoredFile } from '../../state/records.js';
import type { Call } from '../call.js';
import { type Compression, compressor, encryptedSize, startEncryption } from './encrypt-file.js';
import { requireSession } from './read-session.js';

/**
 * `GET` and `HEAD permission-access/query/{sessionKey}/{name}`: a file, encrypted for the contract that reads it and
 * streamed from disk; its metadata in the header `x-metadata`.
 */
export async function readFile(call: Call): Promise<void> {
  const { request, response, platform, contract } = call;
  const { files } = requireSession(call);
  const file = files.find(({ name }) => name === request.params.name);
  if (!file) throw new Refusal('NotFound', 'no file of this name in the library of this session');
  const compression = compressionFor(file.descriptor.mimeType);
  response.set({
    'content-type': 'application/octet-stream',
    'last-modified': new Date(file.updatedAt).toUTCString(),
    'x-metadata': Buffer.from(
      JSON.stringify({ metadata: rawMetadata(file), ...(compression !== 'none' && { compression }) }),
    ).toString('base64url'),
  });
  if (compression === 'none') response.set('content-length', String(encryptedSize(file.size)));
  if (request.method === 'HEAD') {
    response.end();
    return;
  }
  const { head, cipher } = startEncryption(contract.publicKey);
  response.write(head);
  const source = createReadStream(join(platform.state.bodies, file.name));
  if (compression === 'none') await pipeline(source, cipher, response);
  else await pipeline(source, compressor(compression), cipher, response);
}

/** Text shrinks, most other files are compressed already; each of the three ways is met by a common type. */
function compressionFor(mimeType: string): Compression {
  if (/^text\//.test(mimeType)) return 'brotli';
  return /\b(json|xml)\b/.test(mimeType) ? 'gzip' : 'none';
}

/** Raw metadata comes back in lower case (protocol.md, "Calls"). */
function rawMetadata({ descriptor, contractId, applicationId, receivedAt }: StoredFile) {
  const { mimeType, accounts, reference, tags } = descriptor;
  return {
    mimetype: mimeType,
    accounts: accounts.map(({ accountId }) => ({ accountid: accountId })),
    ...(reference && { reference }),
    ...(tags && { tags }),
    appid: applicationId,
    contractid: contractId,
    created: new Date(receivedAt).toISOString(),
  };
}
