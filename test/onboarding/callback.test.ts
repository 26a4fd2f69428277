import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.js';
import { type Pair, startPair } from '../support/start-pair.js';

let pair: Pair;
let visitor: Browser;

beforeAll(async () => {
  pair = await startPair({
    env: { RATE_LIMIT_CALLBACKS_PER_MINUTE: '10000', RATE_LIMIT_STARTS_PER_MINUTE: '10000' },
  });
});
afterAll(() => pair.close());
beforeEach(() => {
  visitor = pair.browser();
  pair.sandbox.control.clearRequests();
  pair.sandbox.control.clearFaults();
});

const json = { accept: 'application/json' };
const tokenCalls = () =>
  pair.sandbox.control.requests().requests.filter(({ route }) => route === 'token').length;

/** Starts an authorization and allows it at digi.me. @returns the callback's path and query */
async function comeBack(who: Browser = visitor): Promise<string> {
  const started = await who.post('/authorize', {});
  const url = new URL(await who.decide(started.headers.get('location') ?? ''));
  return url.pathname + url.search;
}

describe('a callback that succeeded', () => {
  test('makes a connection with the account that accountReference names, and leads to a clean address', async () => {
    const answer = await visitor.get(await comeBack(), json);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/push');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    const [library] = pair.sandbox.control.library().libraries.slice(-1);
    expect(library?.accounts.map(({ id }) => id)).toContain(answer.json.connection.account.id);
  });

  test('gives the session a new id; the old one is dead', async () => {
    const callback = await comeBack();
    const before = visitor.twin();
    await visitor.get(callback);
    expect(visitor.cookies()).not.toEqual(before.cookies());
    expect((await before.getJson('/push')).status).toBe(404);
    expect((await visitor.getJson('/push')).status).toBe(200);
  });

  test('is finished once: the second time is a clear 400 without a token call', async () => {
    const callback = await comeBack();
    await visitor.get(callback);
    const again = await visitor.get(callback, json);
    expect([again.status, again.json.error.code]).toEqual([400, 'StateUsed']);
    expect(tokenCalls()).toBe(1);
  });

  test('that arrives 20 times at once makes one token call and one connection', async () => {
    const callback = await comeBack();
    const twins = Array.from({ length: 20 }, () => visitor.twin());
    const answers = await Promise.all(twins.map((twin) => twin.get(callback, json)));
    expect(answers.map(({ status }) => status).sort()).toEqual([303, ...Array(19).fill(400)].sort());
    expect(tokenCalls()).toBe(1);
    const winner = twins[answers.findIndex(({ status }) => status === 303)];
    expect((await winner?.getJson('/'))?.json.connections).toHaveLength(1);
  });

  test('whose parameters are badly encoded, or which names an error too, is refused and spends nothing', async () => {
    const callback = await comeBack();
    for (const wrong of [
      callback.replace('code=', 'code=%ZZ'),
      callback.replace('code=', 'code=%FF'),
      `${callback}&errorCode=USER_CANCEL`,
    ]) {
      const refused = await visitor.get(wrong, json);
      expect([refused.status, refused.json.error.code]).toEqual([400, 'InvalidCallback']);
    }
    expect(tokenCalls()).toBe(0);
    expect((await visitor.get(callback, json)).status).toBe(303);
  });

  test('ignores parameters of older platforms', async () => {
    const answer = await visitor.get(`${await comeBack()}&postboxId=p&publicKey=k`, json);
    expect(answer.status).toBe(303);
  });

  test('that can’t reach digi.me may simply be loaded again', async () => {
    const callback = await comeBack();
    pair.sandbox.control.addFault({ route: 'token', times: 10, status: 503 });
    const first = await visitor.get(callback, json);
    expect([first.status, first.json.error.code]).toEqual([502, 'DigimeUnreachable']);
    pair.sandbox.control.clearFaults();
    expect((await visitor.get(callback, json)).status).toBe(303);
  });

  test('keeps the connection when the accounts can’t be read', async () => {
    const callback = await comeBack();
    pair.sandbox.control.addFault({ route: 'accounts', times: 10, status: 500 });
    const answer = await visitor.get(callback, json);
    expect(answer.status).toBe(303);
    expect(answer.json.connection.account).toBeUndefined();
  });

  test('does not take an accountReference for a permission: an unknown one names no account', async () => {
    const callback = (await comeBack()).replace(/accountReference=[^&]*/, 'accountReference=somebody-else');
    const answer = await visitor.get(callback, json);
    expect(answer.status).toBe(303);
    expect(answer.json.connection.account).toBeUndefined();
  });
});

describe('a callback that must not be believed', () => {
  const cases: [string, (path: string) => string, string][] = [
    ['without a state', (path) => path.replace(/state=[^&]*/, ''), 'StateUnknown'],
    ['with a wrong state', (path) => path.replace(/state=[^&]*/, 'state=wrong'), 'StateUnknown'],
    ['with __proto__ as its state', (path) => path.replace(/state=[^&]*/, 'state=__proto__'), 'StateUnknown'],
    ['with two states', (path) => `${path}&state=other`, 'InvalidCallback'],
    ['with two codes', (path) => `${path}&code=other`, 'InvalidCallback'],
    ['with a nested code', (path) => path.replace('code=', 'code[a]='), 'InvalidCallback'],
    ['without a code', (path) => path.replace(/([?&])code=[^&]*/, '$1'), 'InvalidCallback'],
    ['with an empty code', (path) => path.replace(/([?&])code=[^&]*/, '$1code='), 'InvalidCallback'],
    ['without success', (path) => path.replace('success=true', ''), 'InvalidCallback'],
    ['with success=TRUE', (path) => path.replace('success=true', 'success=TRUE'), 'InvalidCallback'],
    ['with success=1', (path) => path.replace('success=true', 'success=1'), 'InvalidCallback'],
    [
      'with a code of 8,000 characters',
      (path) => path.replace(/([?&])code=[^&]*/, `$1code=${'x'.repeat(8000)}`),
      'InvalidCallback',
    ],
    [
      'with a badly encoded state',
      (path) => path.replace(/state=[^&]*/, 'state=%E0%A4%A'),
      'InvalidCallback',
    ],
  ];
  test.each(cases)('%s is a clear 400 without a token call', async (_what, change, code) => {
    const answer = await visitor.get(change(await comeBack()), json);
    expect([answer.status, answer.json.error.code]).toEqual([400, code]);
    expect(tokenCalls()).toBe(0);
  });

  test('with 64 kB of parameters is refused as too large', async () => {
    const answer = await visitor.get(`/return?success=true&code=${'x'.repeat(65_536)}`);
    expect(answer.status).toBe(431);
  });

  test('in another session is a 400 without a token call', async () => {
    const callback = await comeBack();
    const stranger = pair.browser();
    const lost = await stranger.get(callback, json);
    expect([lost.status, lost.json.error.code]).toEqual([400, 'SessionLost']);
    await stranger.post('/authorize', {});
    const other = await stranger.get(callback, json);
    expect([other.status, other.json.error.code]).toEqual([400, 'StateUnknown']);
    expect(tokenCalls()).toBe(0);
  });

  test('with success=false and a code exchanges nothing', async () => {
    const callback = (await comeBack()).replace('success=true', 'success=false');
    const answer = await visitor.get(callback, json);
    expect([answer.status, answer.json.error.code]).toEqual([400, 'ConsentFailed']);
    expect(tokenCalls()).toBe(0);
  });
});

describe('a consent that failed', () => {
  test('is told as cancelled when the person cancelled, with a way on', async () => {
    const started = await visitor.post('/authorize', {});
    const callback = await visitor.decide(started.headers.get('location') ?? '', 'cancel');
    const page = await visitor.get(callback);
    expect(page.status).toBe(400);
    expect(page.text).toContain('ConsentCancelled');
    expect(page.text).toMatch(/href="\/"/);
    expect(tokenCalls()).toBe(0);
  });

  test.each(['INITIALIZE_CHECK_FAIL', 'ONBOARD_ERROR', 'INVALID_CODE', 'SERVER_ERROR', 'SOMETHING_NEW'])(
    '%s has a sensible page, also without a state',
    async (errorCode) => {
      const page = await visitor.get(`/return?success=false&errorCode=${errorCode}`);
      expect(page.status).toBe(400);
      expect(page.text).toContain(errorCode);
      expect(page.text).not.toContain('errors:');
    },
  );

  test('shows a hostile errorCode as inert text', async () => {
    const page = await visitor.get(
      `/return?success=false&errorCode=${encodeURIComponent('"><img src=x onerror=alert(1)>')}`,
    );
    expect(page.status).toBe(400);
    expect(page.text).not.toContain('<img src=x');
  });
});
