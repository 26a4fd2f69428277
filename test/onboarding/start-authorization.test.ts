import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createSealer, openDatabase } from '../../src/storage/index.js';
import { type Pair, startPair } from '../support/start-pair.js';

let pair: Pair;
let clockStepMs = 0;

beforeAll(async () => {
  pair = await startPair({
    now: () => Date.now() + clockStepMs,
    env: { RATE_LIMIT_STARTS_PER_MINUTE: '10000' },
  });
});
afterAll(() => pair.close());
beforeEach(() => {
  clockStepMs = 0;
  pair.sandbox.control.clearRequests();
});

const locationOf = (answer: { headers: Headers }) => answer.headers.get('location') ?? '';
const authorizations = () =>
  pair.sandbox.control.requests().requests.filter(({ route }) => route === 'authorize');

async function storedSessions(): Promise<
  { visitorId: string; authorizations: Record<string, { codeVerifier: string }> }[]
> {
  const database = await openDatabase({ dataDir: `${pair.dataDir}/app` });
  const rows = await database('sessions').select('id', 'data');
  await database.destroy();
  const sealer = createSealer('a secret of thirty-two characters');
  return rows.map(({ id, data }) => JSON.parse(sealer.open(data, `session ${id}`).toString()));
}

test('the browser is sent to digi.me with 303, and a script finds the same address in the body', async () => {
  const page = await pair.browser().post('/authorize', { type: 'library' }, {});
  expect(page.status).toBe(303);
  expect(locationOf(page)).toMatch(new RegExp(`^${pair.sandbox.onboardUrl}authorize\\?code=`));
  const script = await pair.browser().post('/authorize', {});
  expect(script.status).toBe(303);
  expect(script.json.url).toBe(locationOf(script));
});

test('the code verifier stays in the session under its state, and its S256 challenge is what digi.me got', async () => {
  const visitor = pair.browser();
  const answer = await visitor.post('/authorize', {});
  const claims = authorizations().at(-1)?.claims as Record<string, string>;
  const sessions = await storedSessions();
  const pending = sessions
    .flatMap((session) => Object.entries(session.authorizations ?? {}))
    .find(([state]) => state === claims.state);
  const verifier = pending?.[1].codeVerifier ?? '';
  expect(createHash('sha256').update(verifier).digest('base64url')).toBe(claims.code_challenge);
  expect(answer.text + locationOf(answer) + [...visitor.cookies()].join()).not.toContain(verifier);
});

test('state and challenge are new for every start', async () => {
  const visitor = pair.browser();
  await visitor.post('/authorize', {});
  await visitor.post('/authorize', {});
  const [first, second] = authorizations().map(({ claims }) => claims as Record<string, string>);
  expect(first?.state).not.toBe(second?.state);
  expect(first?.code_challenge).not.toBe(second?.code_challenge);
  expect(Buffer.from(first?.state ?? '', 'base64url').length).toBeGreaterThanOrEqual(16);
});

test('the callback address comes from the configuration, whatever Host says', async () => {
  await pair
    .browser()
    .post('/authorize', {}, { 'X-Forwarded-Host': 'evil.example', 'X-Forwarded-Proto': 'https' });
  const claims = authorizations().at(-1)?.claims as Record<string, string>;
  expect(claims.redirect_uri).toBe(`${pair.app.baseUrl}return`);
});

test('two tabs can both come back', async () => {
  const visitor = pair.browser();
  const first = await visitor.post('/authorize', {});
  const second = await visitor.post('/authorize', { type: 'provider' });
  const firstBack = await visitor.decide(locationOf(first));
  const secondBack = await visitor.decide(locationOf(second));
  expect((await visitor.get(secondBack)).status).toBe(303);
  expect((await visitor.get(firstBack)).status).toBe(303);
  expect((await visitor.getJson('/')).json.connections).toHaveLength(2);
});

test('tabs that start at the same moment do not lose one another’s state', async () => {
  const visitor = pair.browser();
  await visitor.post('/authorize', {});
  const started = await Promise.all([1, 2, 3].map(() => visitor.post('/authorize', {})));
  for (const answer of started)
    expect((await visitor.get(await visitor.decide(locationOf(answer)))).status).toBe(303);
});

test('only the five newest authorizations of a session are kept', async () => {
  const visitor = pair.browser();
  const started = [];
  for (let count = 0; count < 6; count++) started.push(await visitor.post('/authorize', {}));
  const oldest = await visitor.decide(locationOf(started[0] as { headers: Headers }));
  const answer = await visitor.get(oldest, { accept: 'application/json' });
  expect([answer.status, answer.json.error.code]).toEqual([400, 'StateUnknown']);
  expect(
    (await visitor.get(await visitor.decide(locationOf(started[1] as { headers: Headers })))).status,
  ).toBe(303);
});

test('an authorization that took longer than ten minutes has expired', async () => {
  const visitor = pair.browser();
  const started = await visitor.post('/authorize', {});
  const callback = await visitor.decide(locationOf(started));
  clockStepMs = 10 * 60_000 + 1000;
  const answer = await visitor.get(callback, { accept: 'application/json' });
  expect([answer.status, answer.json.error.code]).toEqual([400, 'StateExpired']);
});

test('a second contract joins the same library, because the first one’s token goes along', async () => {
  const visitor = pair.browser();
  await visitor.connect('library');
  const librariesBefore = pair.sandbox.control.library().libraries.length;
  await visitor.connect('provider');
  expect(pair.sandbox.control.library().libraries).toHaveLength(librariesBefore);
});

test('an expired access token is refreshed, once, and the second contract joins the same library', async () => {
  const visitor = pair.browser();
  await visitor.connect('library');
  const before = pair.sandbox.control.library().libraries.length;
  pair.sandbox.control.addFault({ route: 'authorize', times: 1, status: 401 });
  pair.sandbox.control.clearRequests();
  await visitor.connect('provider');
  const routes = pair.sandbox.control.requests().requests.map(({ route }) => route);
  expect(routes.slice(0, 3)).toEqual(['authorize', 'token', 'authorize']);
  const [refused, repeated] = authorizations().map(({ claims }) => claims?.access_token);
  expect(repeated).not.toBe(refused);
  expect(pair.sandbox.control.library().libraries).toHaveLength(before);
  const { connections } = (await visitor.getJson('/')).json;
  expect(connections.map(({ state }: { state: string }) => state)).toEqual(['active', 'active']);
});

test('when the refresh is refused the old token still goes along', async () => {
  const visitor = pair.browser();
  await visitor.connect('library');
  const before = pair.sandbox.control.library().libraries.length;
  pair.sandbox.control.addFault({ route: 'authorize', times: 1, status: 401 });
  pair.sandbox.control.addFault({ route: 'token', times: 1, status: 401 });
  await visitor.connect('provider');
  expect(pair.sandbox.control.library().libraries).toHaveLength(before);
});

test('never makes a second library without being told to: when digi.me accepts no token, it asks', async () => {
  const visitor = pair.browser();
  const { id } = await visitor.connect('library');
  pair.sandbox.control.clearRequests();
  const before = pair.sandbox.control.library().libraries.length;
  const refuseAll = () => {
    pair.sandbox.control.clearFaults();
    pair.sandbox.control.addFault({ route: 'authorize', times: 2, status: 401 });
    pair.sandbox.control.addFault({ route: 'token', times: 1, status: 401 });
  };
  refuseAll();
  const script = await visitor.post('/authorize', { type: 'provider' });
  expect([script.status, script.json.error.code]).toEqual([409, 'NewLibraryNeeded']);
  refuseAll();
  const page = await visitor.post('/authorize', { type: 'provider' }, { accept: 'text/html' });
  expect(page.status).toBe(409);
  expect(page.text).toContain(`value="${id}"`);
  expect(page.text).toContain('name="newLibrary"');
  expect(page.text).toMatch(/name="type"\s+value="provider"/);
  pair.sandbox.control.clearFaults();
  expect(authorizations().every(({ claims }) => claims?.access_token !== undefined)).toBe(true);
  const started = await visitor.post('/authorize', { type: 'provider', newLibrary: 'true' });
  expect((await visitor.get(await visitor.decide(locationOf(started)))).status).toBe(303);
  expect(pair.sandbox.control.library().libraries).toHaveLength(before + 1);
});

test('a connection whose reference digi.me refuses is renewed by an authorization with its token', async () => {
  const visitor = pair.browser();
  const { id } = await visitor.connect('library');
  pair.sandbox.control.addFault({ route: 'token-reference', times: 2, status: 401 });
  const started = await visitor.post('/authorize', { connection: id });
  expect(started.status).toBe(303);
  const back = await visitor.get(await visitor.decide(locationOf(started)), { accept: 'application/json' });
  expect(back.json.connection.id).toBe(id);
  expect((await visitor.getJson('/')).json.connections).toHaveLength(1);
});

test('connecting the same library again renews the connection instead of adding one', async () => {
  const visitor = pair.browser();
  const first = await visitor.connect();
  expect((await visitor.connect()).id).toBe(first.id);
  expect((await visitor.getJson('/')).json.connections).toHaveLength(1);
});

test('tokens are stored sealed', async () => {
  const visitor = pair.browser();
  const { id } = await visitor.connect();
  const database = await openDatabase({ dataDir: `${pair.dataDir}/app` });
  const { token_sealed: sealed } = await database('connections').where({ id }).first('token_sealed');
  await database.destroy();
  const open = (context: string) =>
    createSealer('a secret of thirty-two characters').open(sealed, context).toString();
  const token = JSON.parse(open(`token of connection ${id}`));
  expect(sealed).not.toContain(token.accessToken.value);
  expect(() => open('token of connection another')).toThrow();
});

test('session, connection and pushes survive a restart', async () => {
  const visitor = pair.browser();
  await visitor.connect();
  const { json } = await visitor.upload('kept', { mimeType: 'text/plain', accounts: [{ accountId: 'me' }] });
  await visitor.waitForState(json.id, ['delivered']);
  await pair.restart();
  expect((await visitor.getJson('/')).json.connections).toHaveLength(1);
  expect((await visitor.getJson(`/pushes/${json.id}`)).json.state).toBe('delivered');
});

test.each([
  [{ type: 'telepathy' }, 'type'],
  [{ serviceId: 'abc' }, 'serviceId'],
  [{ serviceId: '-1' }, 'serviceId'],
  [{ locale: '../../etc' }, 'locale'],
])('refuses %o and names the field', async (fields, path) => {
  const answer = await pair.browser().post('/authorize', fields as Record<string, string>);
  expect([answer.status, answer.json.error.code]).toEqual([400, 'InvalidRequest']);
  expect(answer.json.error.details[0].path).toBe(path);
  expect(authorizations()).toHaveLength(0);
});

test('says so when digi.me can’t be reached, and keeps no half-started authorization', async () => {
  pair.sandbox.control.addFault({ route: 'authorize', times: 10, behaviour: 'reset' });
  const visitor = pair.browser();
  const answer = await visitor.post('/authorize', {});
  pair.sandbox.control.clearFaults();
  expect([answer.status, answer.json.error.code]).toEqual([502, 'DigimeUnreachable']);
});

test('the person’s language goes to digi.me', async () => {
  const answer = await pair.browser().post('/authorize', {}, { 'accept-language': 'nl' });
  expect(new URL(locationOf(answer)).searchParams.get('lng')).toBe('nl');
});
