import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Refusal } from '../../refusal.js';
import type { AcceptedCompression, FetchedRecords, StoredFile } from '../../state/records.js';
import type { Call } from '../call.js';
import { type Compression, compressor, encryptedSize, startEncryption } from './encrypt-file.js';
import { recordSchema, requireSession } from './read-session.js';

/**
 * `GET` and `HEAD permission-access/query/{sessionKey}/{name}`: a file, encrypted for the contract that reads it and
 * streamed from disk; its metadata in the header `x-metadata`.
 */
export async function readFile(call: Call): Promise<void> {
  const { request, response, platform, contract } = call;
  const { files, session } = requireSession(call);
  const file = files.find(({ name }) => name === request.params.name);
  if (!file) throw new Refusal('NotFound', 'no file of this name in the library of this session');
  const compression = compressionFor(file.descriptor.mimeType, session.accept?.compression);
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

/** As the session asked. Otherwise text shrinks, most other files are compressed already. */
function compressionFor(mimeType: string, accepted?: AcceptedCompression): Compression {
  if (accepted) return accepted === 'no-compression' ? 'none' : accepted;
  if (/^text\//.test(mimeType)) return 'brotli';
  return /\b(json|xml)\b/.test(mimeType) ? 'gzip' : 'none';
}

/** Raw metadata comes back in lower case (protocol.md, "Calls"), `created` as a number. */
function rawMetadata({ descriptor, contractId, applicationId, receivedAt, fetched }: StoredFile) {
  const { contractId: _contractId, appId: _appId, ...described } = descriptor;
  return {
    ...(inLowerCase(described) as Record<string, unknown>),
    appid: applicationId,
    contractid: contractId,
    created: receivedAt,
    ...(fetched && mappedMetadata(fetched)),
  };
}

/** Beside the raw metadata, what describes records of a source: clients that know either kind find their own. */
function mappedMetadata({ objectCount, objectType, serviceGroup, serviceName }: FetchedRecords) {
  return { objectCount, objectType, serviceGroup, serviceName, schema: recordSchema };
}

function inLowerCase(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inLowerCase);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.toLowerCase(), inLowerCase(inner)]),
  );
}
