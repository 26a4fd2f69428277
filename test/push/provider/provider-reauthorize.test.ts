import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../support/eventually.js';
import { type Pair, startPair } from '../../support/start-pair.js';
import { asPage, connectProvider, exampleBundle, pushJson } from './provider-requests.js';

let pair: Pair;

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());

const refuse = (code: string, status: number) =>
  pair.sandbox.control.addFault({
    route: 'provider-import',
    times: 1,
    status,
    body: { error: { code, message: 'allow it again', reference: 'r1' } },
  });
const good = () => ({ version: 'stu3', resource: exampleBundle() });

test('511 asks for that account again; the connection and its other accounts go on', async () => {
  const browser = pair.browser();
  const first = await connectProvider(browser, '9001');
  const second = await connectProvider(browser, '9002');
  refuse('ServiceAuthorizationError', 511);
  const waiting = await pushJson(browser, { ...good(), connection: first.id });
  const push = await browser.waitForState(waiting.json.id, ['needs-reauthorization']);
  expect(push.lastError.code).toBe('ServiceAuthorizationError');
  expect(push.links.reauthorize).toBe(`/accounts/${first.account.id}/reauthorize`);
  expect((await browser.get(`/pushes/${push.id}`, asPage)).text).toContain(
    `action="/accounts/${first.account.id}/reauthorize"`,
  );
  const { connections } = (await browser.getJson('/')).json;
  expect(connections.map(({ state }: { state: string }) => state)).toEqual(['active', 'active']);
  const other = await pushJson(browser, { ...good(), connection: first.id, accountId: second.account.id });
  await browser.waitForState(other.json.id, ['delivered']);
});

test('511 holds back nothing else of the connection', async () => {
  const slow = await startPair({ env: { PUSH_BACKOFF_BASE_MS: '600000', PUSH_BACKOFF_CAP_MS: '600000' } });
  try {
    const browser = slow.browser();
    await connectProvider(browser);
    const { control } = slow.sandbox;
    control.addFault({ route: 'provider-import', times: 1, status: 503 });
    const first = await pushJson(browser, good());
    await eventually(
      'the first attempt',
      async () => (await browser.getJson(`/pushes/${first.json.id}`)).json,
      ({ state, attempts }) => state === 'queued' && attempts.length === 1,
    );
    const body = { error: { code: 'ServiceAuthorizationError', message: 'again', reference: 'r1' } };
    control.addFault({ route: 'provider-import', times: 1, status: 511, body });
    const second = await pushJson(browser, good());
    await browser.waitForState(second.json.id, ['needs-reauthorization']);
    expect((await browser.getJson(`/pushes/${first.json.id}`)).json.state).toBe('queued');
  } finally {
    await slow.close();
  }
});

test('what waited for the account goes on once the connection was allowed again', async () => {
  const browser = pair.browser();
  const connection = await connectProvider(browser, '9003');
  refuse('ServiceAuthorizationError', 511);
  const { json } = await pushJson(browser, good());
  await browser.waitForState(json.id, ['needs-reauthorization']);
  const started = await browser.post('/authorize', { connection: connection.id });
  await browser.get(await browser.decide(started.headers.get('location') ?? ''));
  expect(await browser.waitForState(json.id, ['delivered'])).toMatchObject({
    accountId: connection.account.id,
  });
});

test('the page’s own way on: the account is allowed again, and its push goes on', async () => {
  const browser = pair.browser();
  await connectProvider(browser, '9006');
  refuse('ServiceAuthorizationError', 511);
  const { json } = await pushJson(browser, good());
  const { links } = await browser.waitForState(json.id, ['needs-reauthorization']);
  const started = await browser.post(links.reauthorize, {}, {});
  expect(started.status).toBe(303);
  const back = await browser.get(await browser.decide(started.headers.get('location') ?? ''));
  expect(back.headers.get('location')).toBe('/accounts');
  await browser.waitForState(json.id, ['delivered']);
});

test('a withdrawn permission is met at the provider, and the push waits', async () => {
  const browser = pair.browser();
  const { account } = await connectProvider(browser, '9004');
  const started = pair.sandbox.control.requests().requests.length;
  refuse('ServiceAuthorizationError', 511);
  const { json } = await pushJson(browser, good());
  const push = await browser.waitForState(json.id, ['needs-reauthorization']);
  expect(push).toMatchObject({ accountId: account.id, attemptCount: 1 });
  const calls = pair.sandbox.control.requests().requests.slice(started);
  expect(calls.filter(({ route }) => route === 'token')).toEqual([]);
});

test('a token that is no longer good still asks for the whole connection', async () => {
  const browser = pair.browser();
  await connectProvider(browser, '9005');
  pair.sandbox.control.addFault({
    route: 'token',
    times: 1,
    status: 401,
    body: { error: { code: 'InvalidToken', message: 'no', reference: 'r' } },
  });
  refuse('InvalidToken', 401);
  const { json } = await pushJson(browser, good());
  const push = await browser.waitForState(json.id, ['needs-reauthorization']);
  expect(push.links.reauthorize).toBe('/authorize');
  expect((await browser.getJson('/')).json.connections[0].state).toBe('needs-reauthorization');
  expect((await browser.get('/push/provider', asPage)).text).toContain('needs your permission again');
});
