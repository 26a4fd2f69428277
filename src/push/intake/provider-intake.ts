import { pipeline } from 'node:stream/promises';
import type { Request } from 'express';
import type { Connections } from '../../connections/index.js';
import { AppError, type Problem } from '../../errors.js';
import type { Spool, StoredPayload } from '../../storage/index.js';
import type { ProviderAccounts } from '../provider/provider-accounts.js';
import { assertResourceSize, maxResourceBytes, type ResourceRequest } from '../provider/provider-body.js';
import type { CheckedText } from '../provider/provider-check.js';
import type { ResourceChecker } from '../provider/provider-checker.js';
import type { Push } from '../push.js';
import { chooseConnection, hashOf, idempotencyKeyOf, type PushIntake } from './push-intake.js';

/** Both name FHIR STU3; `stu3` is what the vendor's own app sends. */
export const fhirVersions = ['stu3', '3.0.2'] as const;

/** What `ProviderIntake` uses. */
interface ProviderIntakeParts {
  readonly connections: Pick<Connections, 'listOf'>;
  readonly intake: PushIntake;
  readonly spool: Spool;
  readonly checker: ResourceChecker;
  readonly accounts: ProviderAccounts;
}

/** Takes bundles for a provider in. */
export class ProviderIntake {
  readonly #parts: ProviderIntakeParts;

  constructor(parts: ProviderIntakeParts) {
    this.#parts = parts;
  }

  /**
   * Takes one bundle in: checks it, keeps the checked JSON as the payload, and commits it to the ledger. When this
   * resolves the push is durable; when it rejects nothing of it is left. Warnings don't stop it.
   * @throws AppError InvalidRequest, ConnectionNotFound, AccountNotFound, ProviderResourceInvalid with each error by
   *   its path, ProviderResourceTooLarge, IdempotencyConflict
   */
  async accept(req: Request, visitorId: string, request: ResourceRequest): Promise<Push> {
    const { intake, checker, accounts, spool } = this.#parts;
    const connections = await this.#parts.connections.listOf(visitorId);
    const connection = chooseConnection(connections, 'provider', request.connection);
    const idempotencyKey = idempotencyKeyOf(req, request.idempotencyKey);
    const { version, text } = requireFields(request);
    assertResourceSize(text);
    const { json, fileName } = requireAccepted(await checker.check(text));
    const accountId = await accounts.accountFor(connection, request.accountId);
    return intake.storeAndAccept(
      () => store(spool, json),
      ({ payload }) => ({
        connection,
        type: 'provider',
        fileName,
        accountId,
        providerVersion: version,
        idempotencyKey,
        contentHash: hashOf(connection.id, accountId, version, payload.sha256),
      }),
    );
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

async function store(spool: Spool, json: string): Promise<{ payload: StoredPayload }> {
  // Escapes that JSON demands may make it longer than the text it came from, by a little.
  const writer = spool.createWriter(2 * maxResourceBytes);
  await pipeline([Buffer.from(json)], writer);
  return writer;
}
