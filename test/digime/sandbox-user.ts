import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { type ContractDetails, type DigiMe, init, type UserCall } from '../../src/digime/index.js';
import type { Sandbox } from '../../src/sandbox/index.js';
import { startKeyedSandbox } from '../support/keyed-sandbox.js';

export const callback = 'http://localhost:4711/return';

/** The client against a sandbox of its own, for a file of tests. */
export interface ClientAndSandbox {
  sandbox: Sandbox;
  sdk: DigiMe;
  dataDir: string;
}

/** Starts a sandbox on a free port, in a folder of its own, and sets the client up for it. */
export function withClient(): ClientAndSandbox {
  const running = {} as ClientAndSandbox;
  beforeAll(async () => {
    running.dataDir = mkdtempSync(join(tmpdir(), 'digime-'));
    running.sandbox = await startKeyedSandbox({ port: 0, dataDir: running.dataDir });
    const { baseUrl, onboardUrl } = running.sandbox;
    const { applicationId } = running.sandbox.credentials();
    running.sdk = init({ applicationId, baseUrl, onboardUrl, retryOptions: { limit: 1 } });
  });
  afterAll(async () => {
    await running.sandbox.close();
    rmSync(running.dataDir, { recursive: true, force: true });
  });
  return running;
}

/** The contract of the sandbox with this role. */
export function contractOf({ sandbox }: ClientAndSandbox, role: string): ContractDetails {
  const contract = sandbox.credentials().contracts.find((candidate) => candidate.role === role);
  if (!contract) throw new Error(`no contract with the role ${role}`);
  return { contractId: contract.id, privateKey: contract.privateKey };
}

/** A person who has consented, with these choices on the way: what calls on behalf of a user take. */
export async function connect(
  running: ClientAndSandbox,
  role: string,
  options: { storageRef?: string; sourceType?: 'push'; serviceId?: number } = {},
): Promise<UserCall> {
  const contractDetails = contractOf(running, role);
  const begun = await running.sdk.getAuthorizeUrl({
    contractDetails,
    callback,
    state: 'state-1',
    ...options,
  });
  const page = new URL(begun.url);
  const body = new URLSearchParams(page.searchParams);
  body.set('decision', 'allow');
  if (options.serviceId !== undefined) body.set('service', String(options.serviceId));
  const answer = await fetch(page.origin + page.pathname, { method: 'POST', body, redirect: 'manual' });
  const returned = new URL(answer.headers.get('location') ?? '');
  const userAccessToken = await running.sdk.exchangeCodeForToken({
    contractDetails,
    codeVerifier: begun.codeVerifier,
    authorizationCode: returned.searchParams.get('code') ?? '',
  });
  return { contractDetails, userAccessToken };
}
