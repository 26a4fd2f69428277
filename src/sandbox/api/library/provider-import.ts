import { createHash } from 'node:crypto';
import { readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { findSource } from '../../discovery/sources.js';
import { bundleProblems } from '../../provider/bundle-problems.js';
import { bundleResponse } from '../../provider/bundle-response.js';
import { operationOutcome } from '../../provider/operation-outcome.js';
import { parseJson } from '../../read-json.js';
import { Refusal } from '../../refusal.js';
import type { Account, Token } from '../../state/records.js';
import { requireAccount } from '../account/require-account.js';
import type { Call } from '../call.js';
import { receiveBody } from '../receive-body.js';

const maxResourceBytes = 16 * 1024 * 1024;
/** Beyond what the checks walk and refuse with the place, so that their words are heard first. */
const maxDepth = 1000;

/**
 * `POST permission-access/import/h:accountId/{standard}/{version}`: hands a bundle to the provider behind the account,
 * which checks it as a MedMij receiver does. Refused bundles are answered 422 with an `OperationOutcome`.
 */
export async function importToProvider(call: Call) {
  const { request } = call;
  const { standard, version } = request.params;
  if (standard !== 'fhir') throw new Refusal('InvalidRequest', 'the standard in the path must be fhir');
  if (version !== 'stu3' && version !== '3.0.2') {
    throw new Refusal('InvalidRequest', 'the version in the path must be stu3 or 3.0.2');
  }
  const { account, token } = requireProviderAccount(call);
  if (!request.is(['application/json', 'application/fhir+json'])) {
    throw new Refusal(
      'UnsupportedMediaType',
      'the Content-Type must be application/json, the body the bundle',
    );
  }
  return receiveBody(call, maxResourceBytes, ({ path, size, sha256 }) => {
    const resource = parseJson(readFileSync(path, 'utf8'), maxDepth);
    const problems = bundleProblems(resource);
    const errors = problems.filter(({ severity }) => severity === 'error');
    if (errors.length > 0) {
      throw new Refusal(
        'InvalidResource',
        `the provider refuses this bundle: ${errors[0]?.expression}: ${errors[0]?.message}${errors.length > 1 ? ` (and ${errors.length - 1} more)` : ''}`,
        { extra: operationOutcome(problems) },
      );
    }
    // The permission may have been withdrawn while the body was on its way.
    requireProviderAccount(call);
    store(call, { account, token, version, path, size, sha256 });
    return bundleResponse(resource, problems, call.platform.clock.real());
  });
}

function requireProviderAccount(call: Call): { account: Account; token: Token } {
  const { account, token } = requireAccount(call);
  if (findSource(account.sourceId)?.type !== 'push') {
    throw new Refusal(
      'InvalidRequest',
      'the account of the accountId header is not at a provider that takes pushes',
    );
  }
  if (!account.authorized) {
    throw new Refusal(
      'ServiceAuthorizationError',
      'the permission for this account was withdrawn at the provider: the user must reauthorize the account',
    );
  }
  return { account, token };
}

interface Arrived {
  account: Account;
  token: Token;
  version: string;
  path: string;
  size: number;
  sha256: string;
}

function store({ platform }: Call, { account, token, version, path, size, sha256 }: Arrived): void {
  const { bodies, deliveries } = platform.state;
  const key = JSON.stringify([account.id, version, sha256]);
  const id = `delivery_${createHash('sha256').update(key).digest('hex').slice(0, 24)}`;
  const same = deliveries.get(id);
  if (!same) renameSync(path, join(bodies, id));
  deliveries.put(id, {
    id,
    userId: token.userId,
    accountId: account.id,
    version,
    size,
    sha256,
    count: (same?.count ?? 0) + 1,
    receivedAt: same?.receivedAt ?? platform.clock.real(),
  });
}
