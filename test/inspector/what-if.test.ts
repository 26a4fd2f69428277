import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { type InspectedApp, startInspectedApp } from './inspected-app.js';

const meta = { mimeType: 'text/plain', accounts: [{ accountId: 'me' }] };

describe('a visitor who switches something on', () => {
  let inspected: InspectedApp;
  let browser: Browser;
  beforeAll(async () => {
    inspected = await startInspectedApp();
    browser = inspected.browser();
    await browser.connect();
  });
  afterAll(() => inspected.close());
  beforeEach(async () => void (await browser.post('/what-if', { switch: 'restore' })));

  const flip = async (name: string) => {
    const answer = await browser.post('/what-if', { switch: name });
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `/what-if?done=${name}`]);
    return answer.json;
  };
  const push = async (states: string[]) => {
    const accepted = await browser.upload(`file ${Math.random()}`, meta);
    return browser.waitForState(accepted.json.id, states);
  };

  test('a push that is answered 503 is tried again and delivered', async () => {
    const state = await flip('unavailable');
    expect(state.pushFailures).toEqual([{ how: 'unavailable', target: 'library', remaining: 1 }]);
    const view = await push(['delivered']);
    expect(view.attempts.map(({ status }: { status: number }) => status)).toEqual([503, 200]);
    expect((await browser.getJson('/what-if')).json.pushFailures).toEqual([]);
  });

  test('a push whose answer is lost arrives twice, and says that it may have', async () => {
    await flip('answer-lost');
    const view = await push(['delivered']);
    expect(view.possiblyDuplicated).toBe(true);
    const file = inspected.sandbox.control.library().files.find(({ sha256 }) => sha256 === view.sha256);
    expect(file?.count).toBe(2);
  });

  test('a push that is refused fails, and is delivered when it is tried again by hand', async () => {
    await flip('refused');
    const view = await push(['failed']);
    expect(view.attempts.map(({ status }: { status: number }) => status)).toEqual([422]);
    await browser.post(`/pushes/${view.id}/retry`);
    await browser.waitForState(view.id, ['delivered']);
  });

  test('an access token that ran out is refreshed without asking', async () => {
    await flip('expire-access');
    const before = (await browser.getJson('/inspector')).json.steps.length;
    await push(['delivered']);
    const calls = (await browser.getJson('/inspector')).json.steps.slice(before) as { call?: string }[];
    const named = calls.map(({ call }) => call).filter((call) => call !== undefined && call !== 'jwks');
    expect(named).toEqual(['pushData', 'refreshToken', 'pushData']);
  });

  test('a refresh token that ran out needs the person, and the push goes on when they allowed it', async () => {
    await flip('expire-refresh');
    const view = await push(['needs-reauthorization']);
    const started = await browser.post('/authorize', { connection: view.connection.id });
    await browser.get(await browser.decide(started.headers.get('location') ?? ''));
    await browser.waitForState(view.id, ['delivered']);
  });

  test('digi.me is down until somebody ends it, and what was sent meanwhile arrives', async () => {
    const { down } = await flip('down');
    expect(down.until).toBeGreaterThan(Date.now() + 50_000);
    expect(down.until).toBeLessThan(Date.now() + 61_000);
    const accepted = await browser.upload('while it was down', meta);
    await eventually('a second attempt', async () => {
      const { json } = await browser.getJson(`/pushes/${accepted.json.id}`);
      return json.attempts.length > 1;
    });
    expect((await flip('restore')).down).toBeUndefined();
    await browser.waitForState(accepted.json.id, ['delivered']);
  });

  test('at most ten failures of a kind wait', async () => {
    for (let presses = 0; presses < 12; presses++) await browser.post('/what-if', { switch: 'refused' });
    const state = (await browser.getJson('/what-if')).json;
    expect(state.pushFailures).toEqual([{ how: 'refused', target: 'library', remaining: 10 }]);
  });

  test.each(['refused', 'unavailable', 'answer-lost', 'down', 'expire-access', 'expire-refresh'])(
    'nobody else feels "%s", whether they have a session or not',
    async (name) => {
      const [connected, stranger] = [inspected.browser(), inspected.browser()];
      await connected.connect();
      await flip(name);
      await stranger.post('/what-if', { switch: name });
      const accepted = await connected.upload(`not touched by ${name}`, meta);
      const view = await connected.waitForState(accepted.json.id, [
        'delivered',
        'failed',
        'needs-reauthorization',
      ]);
      expect([view.state, view.attempts.length]).toEqual(['delivered', 1]);
      expect((await connected.getJson('/what-if')).json).toEqual({ pushFailures: [] });
      expect(inspected.sandbox.control.faults().faults).toEqual([]);
    },
  );
});

describe('the page', () => {
  let inspected: InspectedApp;
  beforeAll(async () => {
    inspected = await startInspectedApp();
  });
  afterAll(() => inspected.close());

  test('says what is switched on, how often it will still act, and for whom', async () => {
    const browser = inspected.browser();
    for (const target of ['provider', 'library', 'library'])
      await browser.post('/what-if', { switch: 'unavailable', target }, { accept: 'text/html' });
    await browser.post('/what-if', { switch: 'expire-access' });
    const { text } = await browser.get('/what-if?done=unavailable', { accept: 'text/html' });
    expect(text).toContain('The next 2 pushes of files are answered with 503.');
    expect(text).toContain('The next push of a record to a provider is answered with 503.');
    expect(text).toContain('Your access tokens that existed at this moment are refused:');
    expect(text).toContain('Only your own calls feel it');
    expect(text).toContain('Send something, and it arrives at the second attempt.');
  });

  test('is linked from the inspector', async () => {
    const { text } = await inspected.browser().get('/inspector', { accept: 'text/html' });
    expect(text).toContain('href="/what-if"');
  });

  test.each([
    { switch: 'constructor' },
    {},
    { switch: 'refused', target: 'x' },
    { switch: { toString: 1 } },
    { switch: ['refused'] },
    { switch: 'refused', target: { toString: 1 } },
    [{ switch: 'refused' }],
  ])('takes no switch that it does not have: %j', async (body) => {
    const browser = inspected.browser();
    const answer = await browser.request('POST', '/what-if', {
      headers: { accept: 'application/json', 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect([answer.status, answer.json.error.code]).toEqual([400, 'InvalidRequest']);
    expect((await browser.getJson('/what-if')).json).toEqual({ pushFailures: [] });
  });

  test('a page of another site cannot press a switch', async () => {
    const headers = { accept: 'application/json', 'sec-fetch-site': 'cross-site' };
    const answer = await inspected.browser().post('/what-if', { switch: 'down' }, headers);
    expect(answer.status).toBe(403);
  });
});

test('in live mode there is neither a "what if" nor a studio, no link to them, and no page can be framed', async () => {
  const inspected = await startInspectedApp('live');
  const browser = inspected.browser();
  for (const path of ['/what-if', '/studio', '/studio/events', '/studio/held'])
    expect((await browser.getJson(path)).status).toBe(404);
  expect((await browser.post('/what-if', { switch: 'down' })).status).toBe(404);
  const page = await browser.get('/inspector', { accept: 'text/html', cookie: 'view=developer' });
  expect(page.text).not.toMatch(/what-if|studio/);
  expect(page.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  expect(page.headers.get('x-frame-options')).toBe('DENY');
  await inspected.close();
});
