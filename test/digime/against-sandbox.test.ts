import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type DigiMe, type Exchange, init, type UserAccessToken } from '../../src/digime/index.js';
import type { Sandbox } from '../../src/sandbox/index.js';
import { startKeyedSandbox } from '../support/keyed-sandbox.js';

const callback = 'http://localhost:4711/return';
const dataDir = mkdtempSync(join(tmpdir(), 'digime-'));
const exchanges: Exchange[] = [];
let sandbox: Sandbox;
let sdk: DigiMe;

beforeAll(async () => {
  sandbox = await startKeyedSandbox({ port: 0, dataDir });
  const { applicationId } = sandbox.credentials();
  const { baseUrl, onboardUrl } = sandbox;
  sdk = init({ applicationId, baseUrl, onboardUrl, onExchange: (exchange) => exchanges.push(exchange) });
});
afterAll(async () => {
  await sandbox.close();
  rmSync(dataDir, { recursive: true, force: true });
});

function contractOf(role: string) {
  const { id, privateKey } = sandbox.credentials().contracts.find((candidate) => candidate.role === role) ?? {
    id: '',
    privateKey: '',
  };
  return { contractId: id, privateKey };
}

/** Does what a person does on the page: allows, with this service where one must be chosen. */
async function allow(url: string, service?: number): Promise<URL> {
  const page = new URL(url);
  const form = new URLSearchParams(page.searchParams);
  form.set('decision', 'allow');
  if (service !== undefined) form.set('service', String(service));
  const answer = await fetch(`${page.origin}${page.pathname}`, {
    method: 'POST',
    body: form,
    redirect: 'manual',
  });
  expect(answer.status).toBe(303);
  return new URL(answer.headers.get('location') ?? '');
}

async function connect(
  role: string,
  options: { userAccessToken?: UserAccessToken; sourceType?: 'push'; serviceId?: number } = {},
) {
  const contractDetails = contractOf(role);
  const { url, codeVerifier, session } = await sdk.getAuthorizeUrl({
    contractDetails,
    callback,
    state: 'state-1',
    ...options,
  });
  expect(session).toEqual({ key: expect.any(String), expiry: expect.any(Number) });
  const returned = await allow(url, options.serviceId);
  expect(returned.searchParams.get('state')).toBe('state-1');
  const authorizationCode = returned.searchParams.get('code') ?? '';
  const userAccessToken = await sdk.exchangeCodeForToken({
    contractDetails,
    codeVerifier,
    authorizationCode,
  });
  return {
    contractDetails,
    userAccessToken,
    accountReference: returned.searchParams.get('accountReference'),
  };
}

test('A file is pushed into a library and read back byte for byte, compressed or not.', async () => {
  const { contractDetails, userAccessToken } = await connect('write');
  const bytes = randomBytes(700_000);
  const letter = Buffer.from('dear reader '.repeat(20_000));
  const push = (fileData: Buffer, mimeType: string) =>
    sdk.pushData({
      contractDetails,
      userAccessToken,
      data: { fileData, fileName: 'x', fileDescriptor: { mimeType, accounts: [{ accountId: 'p-1' }] } },
    });
  await push(bytes, 'application/pdf');
  await push(letter, 'text/plain');
  await push(Buffer.from('{"a":1}'), 'application/json');

  const read = await connect('read', { userAccessToken });
  const { session, userAccessToken: reading } = await sdk.readSession(read);
  const inSession = { sessionKey: session.key, ...read.contractDetails, userAccessToken: reading };
  const files = new Map<string, Buffer>();
  const states: string[] = [];
  const errors: unknown[] = [];
  const { filePromise } = sdk.readAllFiles({
    ...inSession,
    pollIntervalMs: 50,
    onFileData: ({ fileMetadata, fileData }) => files.set(String(fileMetadata.mimetype), fileData),
    onFileError: ({ error }) => errors.push(error),
    onStatusChange: (state) => states.push(state),
  });
  const { state } = await filePromise;
  expect(errors).toEqual([]);
  expect(state).toMatch(/^(partial|completed)$/);
  expect(states.at(-1)).toBe(state);
  expect(files.get('application/pdf')?.equals(bytes)).toBe(true);
  expect(files.get('text/plain')?.equals(letter)).toBe(true);
  expect(files.get('application/json')?.toString()).toBe('{"a":1}');

  const listed = await sdk.readFileList(inSession);
  expect(listed.fileList).toHaveLength(3);
  for (const { name: fileName } of listed.fileList ?? []) {
    const facts = await sdk.readFileMetadata({ ...inSession, fileName });
    expect(facts).toEqual({
      fileMetadata: expect.objectContaining({ mimetype: expect.any(String) }),
      fileName,
      lastModified: expect.any(String),
      userAccessToken: reading,
    });
    const { stream, ...opened } = await sdk.openFile({ ...inSession, fileName });
    const { fileData, ...whole } = await sdk.readFile({ ...inSession, fileName });
    expect(opened).toEqual(whole);
    expect(await text(stream)).toBe(fileData.toString());
    const stranger = contractOf('write');
    await expect(sdk.readFile({ ...inSession, ...stranger, fileName })).rejects.toBeInstanceOf(Error);
  }
});

test('A resource is pushed to a provider, whose permission is then withdrawn.', async () => {
  const { contractDetails, userAccessToken, accountReference } = await connect('provider', {
    sourceType: 'push',
    serviceId: 9001,
  });
  const { accounts } = await sdk.readAccounts({ contractDetails, userAccessToken });
  const account = accounts.find(({ reference }) => reference === accountReference);
  const refused = sdk.pushData({
    push: 'provider',
    contractDetails,
    userAccessToken,
    version: 'stu3',
    accountId: account?.id ?? '',
    data: {},
  });
  await expect(refused).rejects.toMatchObject({
    error: { code: 'InvalidResource', statusCode: 422 },
    responseBody: { resourceType: 'OperationOutcome' },
  });
  const { location } = await sdk.getRevokeAccountPermissionUrl({
    contractDetails,
    userAccessToken,
    accountId: account?.id ?? '',
    redirectUri: callback,
  });
  expect((await fetch(location)).status).toBe(200);
});

test('A user who is known adds a source, renews the consent and an account, and is deleted.', async () => {
  const { contractDetails, userAccessToken } = await connect('write');
  const user = { contractDetails, userAccessToken };
  const onboard = await sdk.getOnboardServiceUrl({ ...user, callback, sourceType: 'push', state: 's' });
  expect((await allow(onboard.url, 9001)).searchParams.get('success')).toBe('true');

  const again = await sdk.getReauthorizeUrl({ ...user, callback, state: 's' });
  const authorizationCode = (await allow(again.url)).searchParams.get('code') ?? '';
  const renewed = await sdk.exchangeCodeForToken({
    contractDetails,
    codeVerifier: again.codeVerifier,
    authorizationCode,
  });
  expect(renewed.user).toEqual(userAccessToken.user);

  const known = {
    contractDetails,
    userAccessToken: await sdk.refreshToken({ contractDetails, userAccessToken: renewed }),
  };
  const { accounts } = await sdk.readAccounts(known);
  const accountId = accounts[0]?.id ?? '';
  const account = await sdk.getReauthorizeAccountUrl({ ...known, callback, accountId });
  expect(new URL(account.url).searchParams.get('accountRef')).toBeTruthy();
  expect(await sdk.deleteAccount({ ...known, accountId })).toMatchObject({
    deleted: true,
    response: { statusCode: expect.any(Number), headers: expect.any(Object) },
    userAccessToken: known.userAccessToken,
  });
  expect(await sdk.deleteUser(known)).toMatchObject({ deleted: true });
});

test('Contracts and sources are told.', async () => {
  const contract = await sdk.getContractDetails({ contractDetails: contractOf('write') });
  expect(contract).toMatchObject({ id: contractOf('write').contractId, accessType: 'w' });
  const page = await sdk.querySources({
    contractDetails: contractOf('read'),
    sourcesBodyParams: { limit: 3, query: { filter: { type: { id: [2] } } } },
  });
  expect(page).toMatchObject({ limit: 3, offset: 0, total: expect.any(Number) });
  expect(page.data).toHaveLength(3);
});

test('When the access token has grown old, calls refresh it and give back the new one.', async () => {
  const { contractDetails, userAccessToken } = await connect('write');
  sandbox.control.advanceClock(3_700);
  const { userAccessToken: fresh } = await sdk.readAccounts({ contractDetails, userAccessToken });
  expect(fresh.accessToken.value).not.toBe(userAccessToken.accessToken.value);
  await sdk.readAccounts({ contractDetails, userAccessToken: fresh });
});

test('The key set was fetched once, and no exchange that was reported holds a secret.', () => {
  expect(exchanges.filter(({ call }) => call === 'jwks')).toHaveLength(1);
  const shown = JSON.stringify(exchanges);
  const secrets = sandbox.control
    .requests()
    .requests.flatMap(({ claims }) =>
      ['access_token', 'refresh_token', 'code', 'code_verifier'].flatMap(
        (name) => (claims as Record<string, string> | null)?.[name] ?? [],
      ),
    );
  expect(secrets.length).toBeGreaterThan(20);
  expect(secrets.filter((secret) => shown.includes(secret))).toEqual([]);
});
