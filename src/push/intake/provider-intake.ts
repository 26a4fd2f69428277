import { pipeline } from 'node:stream/promises';
import type { Request } from 'express';
import { AppError, type Problem } from '../../errors.js';
import { accountFor } from '../provider/provider-accounts.js';
import { assertResourceSize, maxResourceBytes, type ResourceRequest } from '../provider/provider-body.js';
import type { CheckedText } from '../provider/provider-check.js';
import type { ProviderRoom } from '../provider/provider-parts.js';
import type { Push } from '../push.js';
import { acceptPush } from './accept-push.js';
import { chooseConnection, hashOf, idempotencyKeyOf } from './library-intake.js';

/** Both name FHIR STU3; `stu3` is what the vendor's own app sends. */
export const fhirVersions = ['stu3', '3.0.2'] as const;

/**
 * Takes one bundle in: checks it, keeps the checked JSON as the payload, and commits it to the ledger. When this
 * resolves the push is durable; when it rejects nothing of it is left. Warnings don't stop it.
 * @throws AppError InvalidRequest, ConnectionNotFound, AccountNotFound, ProviderResourceInvalid with each error by its
 *   path, ProviderResourceTooLarge, IdempotencyConflict
 */
export async function acceptResource(
  room: ProviderRoom,
  req: Request,
  visitorId: string,
  request: ResourceRequest,
): Promise<Push> {
  const connection = chooseConnection(
    await room.connections.listOf(visitorId),
    'provider',
    request.connection,
  );
  const idempotencyKey = idempotencyKeyOf(req, request.idempotencyKey);
  const { version, text } = requireFields(request);
  assertResourceSize(text);
  const { json, fileName } = requireAccepted(await room.checker.check(text));
  const accountId = await accountFor(room, connection, request.accountId);
  const payload = await store(room, json);
  const discard = () => void (payload.spoolName && room.spool.discard(payload.spoolName));
  try {
    const { push, isNew } = await acceptPush(room, {
      visitorId,
      connectionId: connection.id,
      type: 'provider',
      fileName,
      payload,
      accountId,
      providerVersion: version,
      idempotencyKey,
      contentHash: hashOf(connection.id, accountId, version, payload.sha256),
      state: connection.state === 'active' ? 'queued' : 'needs-reauthorization',
      retryBudgetMs: room.dispatch.retryBudgetMs,
    });
    if (!isNew) discard();
    return push;
  } catch (error) {
    discard();
    throw error;
  }
}

function requireFields({ version, text }: ResourceRequest): { version: string; text: string } {
  const problems: Problem[] = [];
  if (!fhirVersions.some((known) => known === version))
    problems.push({ path: 'version', message: 'fields:fhirVersion' });
  if (text === undefined) problems.push({ path: 'resource', message: 'fields:providerResource' });
  if (problems.length === 0) return { version: version as string, text: text as string };
  throw new AppError(text === undefined ? 'ProviderResourceInvalid' : 'InvalidRequest', {
    details: problems,
  });
}

function requireAccepted({ accepted, problems }: CheckedText): { json: string; fileName: string } {
  if (accepted !== undefined) return accepted;
  const details = problems
    .filter(({ severity }) => severity === 'error')
    .map(({ path, message, line, column }) => ({
      path: path === '' ? 'resource' : path,
      // A fault of the JSON itself has no path: its line is all there is to find it by.
      message: path === '' && line !== undefined ? `line ${line}, column ${column}: ${message}` : message,
    }));
  throw new AppError('ProviderResourceInvalid', { details });
}

async function store(room: ProviderRoom, json: string) {
  // Escapes that JSON demands may make it longer than the text it came from, by a little.
  const writer = room.spool.createWriter(2 * maxResourceBytes);
  await pipeline([Buffer.from(json)], writer);
  return writer.payload;
}
