import { createHash } from 'node:crypto';
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { verifyJwt } from '../../identity/client-jwt.js';
import { requireAccessToken } from '../../identity/tokens.js';
import { parseWith } from '../../read-json.js';
import { Refusal } from '../../refusal.js';
import type { FileDescriptor } from '../../state/records.js';
import type { Call } from '../call.js';
import { receiveBody } from '../receive-body.js';

const maxDescriptorCharacters = 8192;

const descriptorShape = z.object({
  mimeType: z.string().regex(/^[^\s/;]+\/[^\s/;]+(;.*)?$/, 'must be a MIME type such as application/pdf'),
  accounts: z.array(z.object({ accountId: z.string().min(1, 'must not be empty') })),
  reference: z.array(z.string()).optional(),
  tags: z.array(z.string()).optional(),
  contractId: z.string().optional(),
  appId: z.string().optional(),
  objectTypes: z.array(z.union([z.string(), z.record(z.string(), z.unknown())])).optional(),
  serviceGroups: z.array(z.union([z.string(), z.record(z.string(), z.unknown())])).optional(),
  providerName: z.string().optional(),
});

/** `POST permission-access/import`: puts a file into the user's library, once its body has arrived whole. */
export async function importFile(call: Call) {
  const { platform, request, contract } = call;
  const token = requireAccessToken(platform, call);
  const descriptor = readDescriptor(call);
  // The Node SDK 16.1.0 to 16.1.2 sends a header called contentType, and no Content-Type.
  if (request.headers['content-type'] !== undefined && !request.is('application/octet-stream')) {
    throw new Refusal(
      'UnsupportedMediaType',
      'the Content-Type must be application/octet-stream (or absent), the body the raw file',
    );
  }
  return receiveBody(call, Number.POSITIVE_INFINITY, ({ path, size, sha256 }) => {
    // The library may have been deleted while the body was on its way.
    requireAccessToken(platform, call);
    const { files, bodies } = platform.state;
    const now = platform.clock.real();
    const key = [token.userId, contract.id, sha256, canonical(descriptor)];
    const name = `push_${createHash('sha256').update(JSON.stringify(key)).digest('hex').slice(0, 24)}`;
    const same = files.get(name);
    // Renamed synchronously: two pushes of the same bytes at once must not overtake each other here.
    if (!same) renameSync(path, join(bodies, name));
    files.put(name, {
      name,
      userId: token.userId,
      contractId: contract.id,
      applicationId: platform.applicationId,
      descriptor,
      size,
      sha256,
      count: (same?.count ?? 0) + 1,
      receivedAt: same?.receivedAt ?? now,
      updatedAt: now,
    });
    return { status: 'delivered', expires: Math.floor(platform.clock.toWire(token.expiresAt) / 1000) };
  });
}

function readDescriptor({ request, contract }: Call): FileDescriptor {
  const header = request.get('filedescriptor');
  if (!header)
    throw new Refusal('InvalidRequest', 'the header FileDescriptor is missing: a JWT of { metadata }');
  if (header.length > maxDescriptorCharacters) {
    throw new Refusal(
      'InvalidRequest',
      `the header FileDescriptor may have ${maxDescriptorCharacters} characters`,
    );
  }
  const { metadata } = verifyJwt(header, contract, 'the JWT of the FileDescriptor header');
  return parseWith<FileDescriptor>(descriptorShape, metadata, 'metadata');
}

function canonical(descriptor: FileDescriptor): unknown[] {
  const { mimeType, accounts, ...others } = descriptor;
  return [mimeType, accounts.map(({ accountId }) => accountId), Object.entries(others).sort()];
}
