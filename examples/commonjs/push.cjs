// node push.cjs BUNDLE: asks for consent at a provider in the browser, then pushes the FHIR STU3 bundle to it.
const { randomBytes } = require('node:crypto');
const { once } = require('node:events');
const { readFile } = require('node:fs/promises');
const { createServer } = require('node:http');
const { init, ServerError } = require('digime-client');

async function main() {
  // As text, not as an object: 78.40 must not become 78.4.
  const data = await readFile(process.argv[2] ?? 'bundle.json');
  const sandbox = process.env.SANDBOX_URL ?? 'http://localhost:8082/';
  const credentials = await (await fetch(new URL('sandbox/credentials', sandbox))).json();
  const { applicationId, baseUrl, onboardUrl, contracts, sources } = credentials;
  const { id: contractId, privateKey } = contracts.find(({ role }) => role === 'provider');
  const contractDetails = { contractId, privateKey };
  const serviceId = sources.find(({ type, medmij }) => type === 'push' && medmij).id;

  const server = createServer().listen(Number(process.env.PORT ?? 0), '127.0.0.1');
  await once(server, 'listening');
  const callback = `http://localhost:${server.address().port}/return`;
  const state = randomBytes(16).toString('hex');
  const sdk = init({ applicationId, baseUrl, onboardUrl });
  const authorization = { contractDetails, callback, state, serviceId, sourceType: 'push' };
  const { url, codeVerifier } = await sdk.getAuthorizeUrl(authorization);
  console.log(`Open this address in a browser:\n${url}`);

  const [request, response] = await once(server, 'request');
  const returned = new URL(request.url, callback).searchParams;
  response.end('You can close this page.');
  server.close();
  server.closeIdleConnections();
  if (returned.get('success') !== 'true' || returned.get('state') !== state) throw new Error('no consent');

  const authorizationCode = returned.get('code');
  const exchanged = await sdk.exchangeCodeForToken({ contractDetails, codeVerifier, authorizationCode });
  const { accounts, userAccessToken } = await sdk.readAccounts({
    contractDetails,
    userAccessToken: exchanged,
  });
  const account = accounts.find(({ reference }) => reference === returned.get('accountReference'));
  const push = { contractDetails, userAccessToken, data, accountId: account.id };
  await sdk.pushData({
    ...push,
    type: 'provider',
    standard: 'fhir',
    version: 'stu3',
    onResponse: ({ status, unreadable }) => console.log(`The provider answered ${status}.`, unreadable ?? ''),
  });
}

main().catch((error) => {
  console.error(error instanceof ServerError ? `${error.error.code}: ${error.message}` : error);
  process.exitCode = 1;
});
