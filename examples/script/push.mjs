// node push.mjs FILE: asks for consent in the browser, then pushes the file into the person's library.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename } from 'node:path';
import { init } from 'digime-client';

const path = process.argv[2] ?? 'letter.pdf';
const fileData = await readFile(path);

// What the sandbox gives here, digi.me gives you when you register: an application, and a contract with its key.
const sandbox = process.env.SANDBOX_URL ?? 'http://localhost:8082/';
const credentials = await (await fetch(new URL('sandbox/credentials', sandbox))).json();
const { applicationId, baseUrl, onboardUrl } = credentials;
const { id: contractId, privateKey } = credentials.contracts.find(({ role }) => role === 'write');
const contractDetails = { contractId, privateKey };

const server = createServer().listen(Number(process.env.PORT ?? 0), '127.0.0.1');
await once(server, 'listening');
const callback = `http://localhost:${server.address().port}/return`;
const state = randomBytes(16).toString('hex');

const sdk = init({ applicationId, baseUrl, onboardUrl });
const { url, codeVerifier } = await sdk.getAuthorizeUrl({ contractDetails, callback, state });
console.log(`Open this address in a browser:\n${url}`);

const [request, response] = await once(server, 'request');
const returned = new URL(request.url, callback).searchParams;
response.end('You can close this page.');
server.close();
server.closeIdleConnections();
if (returned.get('success') !== 'true' || returned.get('state') !== state) {
  throw new Error(`no consent: ${returned.get('errorCode')}`);
}

const authorizationCode = returned.get('code');
const userAccessToken = await sdk.exchangeCodeForToken({ contractDetails, codeVerifier, authorizationCode });
await sdk.pushData({
  type: 'library',
  contractDetails,
  userAccessToken,
  data: {
    fileData,
    fileName: basename(path),
    fileDescriptor: { mimeType: 'application/pdf', accounts: [{ accountId: 'patient-1' }], tags: ['letter'] },
  },
});
console.log(`Pushed ${path}.`);
