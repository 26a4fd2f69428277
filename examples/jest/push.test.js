const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { join } = require('node:path');
const { init } = require('digime-client');
const { startSandbox } = require('digime-sandbox');

const callback = 'http://localhost:4711/return';
const dataDir = mkdtempSync(join(tmpdir(), 'sandbox-'));
let sandbox;
let sdk;
let contractDetails;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, dataDir });
  const { applicationId, baseUrl, onboardUrl, contracts } = sandbox.credentials();
  const { id: contractId, privateKey } = contracts.find(({ role }) => role === 'write');
  contractDetails = { contractId, privateKey };
  sdk = init({ applicationId, baseUrl, onboardUrl });
});
afterAll(async () => {
  await sandbox.close();
  rmSync(dataDir, { recursive: true });
});

/** What a person does on the consent page. */
async function consent(url) {
  const { origin, pathname, searchParams } = new URL(url);
  const body = new URLSearchParams([...searchParams, ['decision', 'allow']]);
  const { headers } = await fetch(origin + pathname, { method: 'POST', body, redirect: 'manual' });
  return new URL(headers.get('location')).searchParams;
}

async function connect() {
  const { url, codeVerifier } = await sdk.getAuthorizeUrl({ contractDetails, callback, state: 's' });
  const authorizationCode = (await consent(url)).get('code');
  return sdk.exchangeCodeForToken({ contractDetails, codeVerifier, authorizationCode });
}

const fileDescriptor = { mimeType: 'text/plain', accounts: [{ accountId: 'patient-1' }] };
const data = { fileData: Buffer.from('Dear reader'), fileName: 'letter.txt', fileDescriptor };

test('a file arrives in the library', async () => {
  await sdk.pushData({ contractDetails, userAccessToken: await connect(), data });
  const response = await fetch(new URL('sandbox/library', sandbox.url));
  expect(JSON.stringify(await response.json())).toContain('text/plain');
});

test('a refusal of the platform is an error with its code', async () => {
  const fault = {
    route: 'import',
    times: 1,
    status: 413,
    body: { error: { code: 'TooLarge', message: 'No' } },
  };
  await fetch(new URL('sandbox/faults', sandbox.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fault),
  });
  const push = sdk.pushData({ contractDetails, userAccessToken: await connect(), data });
  await expect(push).rejects.toMatchObject({ name: 'DigiMeServerError', error: { code: 'TooLarge' } });
});
