import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from '../../support/browser.js';
import { type Pair, startPair } from '../../support/start-pair.js';
import { asPage, connectProvider, exampleBundle, pushJson } from './provider-requests.js';

let pair: Pair;

beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());

/** Comes back from digi.me with `accountReference` as given; `undefined` leaves it out. */
async function connectAs(browser: Browser, reference: string | undefined, serviceId = '9001') {
  const started = await browser.post('/authorize', { type: 'provider', serviceId });
  const back = new URL(await browser.decide(started.headers.get('location') ?? '', 'allow', serviceId));
  if (reference === undefined) back.searchParams.delete('accountReference');
  else back.searchParams.set('accountReference', reference);
  const answer = await browser.get(back.href, { accept: 'application/json' });
  expect(answer.status).toBe(303);
  return answer.json.connection;
}

const question = 'Which account is it?';
const good = () => ({ version: 'stu3', resource: exampleBundle() });

test('the callback’s reference gives the connection its account', async () => {
  const browser = pair.browser();
  const { account } = await connectProvider(browser, '9004');
  const { libraries } = pair.sandbox.control.library();
  const own = libraries.flatMap(({ accounts }) => accounts).find(({ id }) => id === account.id);
  expect(own).toMatchObject({ reference: account.reference, serviceTypeId: 9004 });
  expect((await browser.get('/push/provider', asPage)).text).not.toContain(question);
});

test('of several accounts each connection gets its own', async () => {
  const browser = pair.browser();
  const first = await connectProvider(browser, '9001');
  const second = await connectProvider(browser, '9002');
  expect(first.account.id).not.toBe(second.account.id);
  const model = (await browser.getJson(`/push/provider?connection=${first.id}`)).json;
  expect(model.accounts.map(({ id }: { id: string }) => id).sort()).toEqual(
    [first.account.id, second.account.id].sort(),
  );
  const { json } = await pushJson(browser, { ...good(), connection: first.id, accountId: second.account.id });
  expect(await browser.waitForState(json.id, ['delivered'])).toMatchObject({ accountId: second.account.id });
});

test.each([
  ['a reference of nobody', 'reference-of-nobody'],
  ['no reference', undefined],
])('with %s the page says so, and the person chooses one of their accounts', async (_what, reference) => {
  const browser = pair.browser();
  const connection = await connectAs(browser, reference);
  expect(connection.account).toBeUndefined();
  const page = await browser.get('/push/provider', asPage);
  expect(page.text).toContain(question);
  const [account] = (await browser.getJson('/push/provider')).json.accounts;
  expect(page.text).toContain(`name="accountId" value="${account.id}"`);
  expect((await pushJson(browser, good())).json.error).toMatchObject({
    code: 'AccountNotFound',
    details: [{ path: 'accountId' }],
  });
  const chosen = await browser.post('/push/provider/account', {
    connection: connection.id,
    accountId: account.id,
  });
  expect([chosen.status, chosen.headers.get('location')]).toEqual([
    303,
    `/push/provider?connection=${connection.id}`,
  ]);
  expect((await browser.get('/push/provider', asPage)).text).not.toContain(question);
  expect((await pushJson(browser, good())).status).toBe(202);
});

test('an account that another person has is not given to a connection, whatever the callback says', async () => {
  const theirs = await connectProvider(pair.browser(), '9005');
  const browser = pair.browser();
  const connection = await connectAs(browser, theirs.account.reference);
  expect(connection.account).toBeUndefined();
  const chosen = await browser.post('/push/provider/account', {
    connection: connection.id,
    accountId: theirs.account.id,
  });
  expect([chosen.status, chosen.json.error.code]).toEqual([404, 'AccountNotFound']);
});

test('a reference that several accounts have decides nothing', async () => {
  const browser = pair.browser();
  const account = (id: string) => ({ id, reference: 'the-same', type: 'PUSH', serviceProviderName: id });
  pair.sandbox.control.addFault({
    route: 'accounts',
    times: 1,
    status: 200,
    body: [account('40_one'), account('40_two')],
  });
  expect((await connectAs(browser, 'the-same')).account).toBeUndefined();
});

test('while digi.me does not list the accounts, the connection is kept and the page still works', async () => {
  const browser = pair.browser();
  pair.sandbox.control.addFault({ route: 'accounts', times: 1, status: 403 });
  const connection = await connectAs(browser, 'anything');
  expect(connection.id).toEqual(expect.any(String));
  pair.sandbox.control.addFault({ route: 'accounts', times: 1, status: 403 });
  expect((await browser.get('/push/provider', asPage)).status).toBe(200);
});

test('an account that is no longer listed is said on the page', async () => {
  const browser = pair.browser();
  await connectProvider(browser);
  pair.sandbox.control.addFault({ route: 'accounts', times: 1, status: 200, body: [] });
  expect((await browser.get('/push/provider', asPage)).text).toContain('The account is no longer there');
});

test('a reauthorization that comes back with another account leaves the connection’s own', async () => {
  const browser = pair.browser();
  await connectProvider(browser, '9006');
  const connection = await connectProvider(browser, '9007');
  const started = await browser.post('/authorize', { connection: connection.id });
  const back = await browser.get(await browser.decide(started.headers.get('location') ?? ''), {
    accept: 'application/json',
  });
  expect(back.json.connection).toMatchObject({ id: connection.id, account: { id: connection.account.id } });
  const { json } = await browser.getJson(`/push/provider?connection=${connection.id}`);
  expect(json.connection.accountId).toBe(connection.account.id);
});
