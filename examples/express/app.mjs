// node app.mjs: a page with two forms; one asks for consent, one pushes a file into the library.
import { randomBytes } from 'node:crypto';
import { init, ServerError } from 'digime-client';
import express from 'express';

const sandbox = process.env.SANDBOX_URL ?? 'http://localhost:8082/';
const credentials = await (await fetch(new URL('sandbox/credentials', sandbox))).json();
const { id: contractId, privateKey } = credentials.contracts.find(({ role }) => role === 'write');
const contractDetails = { contractId, privateKey };
const sdk = init(credentials);
// By the visitor's cookie. A real app keeps these sealed in a database: they must outlive a restart.
const visitors = new Map();
const app = express();
app.use((request, response, next) => {
  const sent = /visitor=([0-9a-f]{32})/.exec(request.get('cookie') ?? '')?.[1];
  const id = visitors.has(sent) ? sent : randomBytes(16).toString('hex');
  request.visitor = visitors.get(id) ?? {};
  visitors.set(id, request.visitor);
  response.cookie('visitor', id, { httpOnly: true, sameSite: 'lax' });
  next();
});

app.get('/', ({ visitor }, response) => {
  response.send(`<form method="post" action="/authorize"><button>Ask for consent</button></form>
    <p>${visitor.userAccessToken ? 'Connected: POST a file to /push.' : 'Not connected.'}</p>`);
});

app.post('/authorize', async ({ visitor, protocol, host }, response) => {
  const callback = `${protocol}://${host}/return`;
  const state = randomBytes(16).toString('hex');
  const { url, codeVerifier } = await sdk.getAuthorizeUrl({ contractDetails, callback, state });
  Object.assign(visitor, { state, codeVerifier });
  response.redirect(303, url);
});

app.get('/return', async ({ visitor, query }, response) => {
  const { state, codeVerifier } = visitor;
  delete visitor.state;
  if (!state || query.state !== state || query.success !== 'true') return response.sendStatus(400);
  const code = { contractDetails, codeVerifier, authorizationCode: query.code };
  visitor.userAccessToken = await sdk.exchangeCodeForToken(code);
  response.redirect(303, '/');
});

app.post('/push', express.raw({ type: () => true, limit: '10mb' })); // body becomes a Buffer
app.post('/push', async ({ visitor, body, headers }, response) => {
  const { userAccessToken } = visitor;
  if (!userAccessToken) return response.sendStatus(403);
  const fileDescriptor = { mimeType: headers['content-type'], accounts: [{ accountId: 'patient-1' }] };
  const data = { fileData: body, fileDescriptor };
  const onAccessTokenChange = (token) => Object.assign(visitor, { userAccessToken: token });
  await sdk.pushData({ contractDetails, userAccessToken, data, onAccessTokenChange });
  response.sendStatus(201);
});
app.use((error, _request, response, _next) => {
  response.status(502).json(error instanceof ServerError ? error.error : { code: 'Failed' });
});
const server = app.listen(Number(process.env.PORT ?? 3000), () =>
  console.log(`ready on http://localhost:${server.address().port}`),
);
