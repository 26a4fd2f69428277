import type { Request } from 'express';
import type { Connections } from '../../connections/index.js';
import { AppError, type Problem } from '../../errors.js';
import type { PayloadStore, StoredPayload } from '../../storage/index.js';
import { languageOf } from '../../web/index.js';
import type { ProviderAccounts } from '../provider/provider-accounts.js';
import { assertResourceSize, maxResourceBytes, type ResourceRequest } from '../provider/provider-body.js';
import type { CheckedText, PlacedProblem } from '../provider/provider-check.js';
import type { Asker, ResourceChecker } from '../provider/provider-checker.js';
import type { Push } from '../push.js';
import { chooseConnection, hashOf, idempotencyKeyOf, type PushIntake } from './push-intake.js';

/** Both name FHIR STU3; `stu3` is what the vendor's own app sends. */
export const fhirVersions = ['stu3', '3.0.2'] as const;

/** What `ProviderIntake` uses. */
interface ProviderIntakeParts {
  readonly connections: Pick<Connections, 'listOf'>;
  readonly intake: PushIntake;
  readonly spool: PayloadStore;
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
   * resolves the push is durable; when it rejects nothing of it is left. Warnings don't stop it, and errors that a
   * person may overrule don't either where they said `sendAnyway`: these are kept in the ledger.
   * @throws AppError InvalidRequest, ConnectionNotFound, AccountNotFound, ProviderResourceInvalid with each error by
   *   its path, ProviderResourceTooLarge, IdempotencyConflict
   */
  async accept(
    req: Request,
    visitorId: string,
    request: ResourceRequest,
    asker: Asker,
  ): Promise<{ push: Push; problems: PlacedProblem[] }> {
    const { intake, checker, accounts, spool } = this.#parts;
    const connections = await this.#parts.connections.listOf(visitorId);
    const connection = chooseConnection(connections, 'provider', request.connection);
    const idempotencyKey = idempotencyKeyOf(req, request.idempotencyKey);
    const { version, text } = requireFields(request);
    assertResourceSize(text);
    const checked = await checker.check({ text, language: languageOf(req), forSending: true }, asker);
    const { json, fileName } = requirePayload(checked, request.sendAnyway ?? false);
    const overruled = checked.problems
      .filter(({ severity }) => severity === 'error')
      .map(({ path, message }) => ({ path, message }));
    const accountId = await accounts.accountFor(connection, request.accountId);
    const push = await intake.storeAndAccept(
      () => store(spool, json),
      ({ payload }) => ({
        connection,
        type: 'provider',
        fileName,
        accountId,
        providerVersion: version,
        ...(overruled.length > 0 && { overruled }),
        idempotencyKey,
        contentHash: hashOf(connection.id, accountId, version, payload.sha256),
      }),
    );
    return { push, problems: checked.problems };
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

function requirePayload(
  { verdict, payload, problems }: CheckedText,
  sendAnyway: boolean,
): NonNullable<CheckedText['payload']> {
  if (payload !== undefined && (verdict === 'ready' || sendAnyway)) return payload;
  const details = problems
    .filter(({ severity }) => severity === 'error')
    .map(({ path, message, line, column }): Problem => {
      if (verdict === 'overridable')
        return { path: path || 'resource', message: 'provider:result.overridable', values: { message } };
      if (path !== '') return { path, message };
      // A fault of the JSON itself has no path: its line is all there is to find it by.
      if (line === undefined || column === undefined) return { path: 'resource', message };
      return { path: 'resource', message: 'provider:result.atLine', values: { line, column, message } };
    });
  throw new AppError('ProviderResourceInvalid', { details });
}

async function store(spool: PayloadStore, json: string): Promise<{ payload: StoredPayload }> {
  // Escapes that JSON demands may make it longer than the text it came from, by a little.
  return { payload: await spool.createWriter(2 * maxResourceBytes).store([Buffer.from(json)]) };
}
