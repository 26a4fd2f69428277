import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { createSandboxSwitches, localDesk, remoteDesk } from '../../src/sandbox-switches.js';
import type { Browser } from '../support/browser.js';
import { type InspectedApp, startInspectedApp } from './inspected-app.js';

const meta = { mimeType: 'text/plain', accounts: [{ accountId: 'me' }] };

describe.each([
  ['a sandbox in this process', 'local'],
  ['a sandbox behind its control routes', 'remote'],
])('with %s', (_name, where) => {
  let inspected: InspectedApp;
  let browser: Browser;
  beforeAll(async () => {
    inspected = await startInspectedApp({
      desk: ({ control, url }) => (where === 'local' ? localDesk(control) : remoteDesk(url)),
    });
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
    for (;;) {
      const { json } = await browser.getJson(`/pushes/${accepted.json.id}`);
      if (json.attempts.length > 1) break;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    expect((await flip('restore')).down).toBeUndefined();
    await browser.waitForState(accepted.json.id, ['delivered']);
  });

  test('digi.me comes back by itself when its time is up, and other switches stay as they were', async () => {
    const { control, url } = inspected.sandbox;
    const switches = createSandboxSwitches(where === 'local' ? localDesk(control) : remoteDesk(url));
    await switches.failNextPush('refused', 'provider');
    await switches.failNextPush('refused', 'provider');
    control.addFault({ route: 'accounts', status: 500, times: 3 });
    await switches.takeDown(0.05);
    while ((await switches.state()).down) await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await switches.state()).pushFailures).toEqual([
      { how: 'refused', target: 'provider', remaining: 2 },
    ]);
    expect(control.faults().faults.at(-1)).toMatchObject({ route: 'accounts', status: 500, remaining: 3 });
  });

  test('at most ten failures of a kind wait, and what others set is counted apart', async () => {
    for (let presses = 0; presses < 12; presses++) await browser.post('/what-if', { switch: 'refused' });
    inspected.sandbox.control.addFault({ route: 'accounts', status: 500 });
    const state = (await browser.getJson('/what-if')).json;
    expect(state.pushFailures).toEqual([{ how: 'refused', target: 'library', remaining: 10 }]);
    expect(state.others).toBe(1);
  });
});

describe('the page', () => {
  let inspected: InspectedApp;
  beforeAll(async () => {
    inspected = await startInspectedApp();
  });
  afterAll(() => inspected.close());

  test('says what is switched on and how often it will still act, and that everybody feels it', async () => {
    const browser = inspected.browser();
    for (const target of ['provider', 'library', 'library'])
      await browser.post('/what-if', { switch: 'unavailable', target }, { accept: 'text/html' });
    const { text } = await browser.get('/what-if?done=unavailable', { accept: 'text/html' });
    expect(text).toContain('The next 2 pushes of files are answered with 503.');
    expect(text).toContain('The next push of a record to a provider is answered with 503.');
    expect(text).toContain('This hits everybody who uses this sandbox');
    expect(text).toContain('Send something, and it arrives at the second attempt.');
  });

  test('is linked from the inspector', async () => {
    const { text } = await inspected.browser().get('/inspector', { accept: 'text/html' });
    expect(text).toContain('href="/what-if"');
  });

  test('takes no switch that it does not have', async () => {
    const browser = inspected.browser();
    const before = (await browser.getJson('/what-if')).json;
    for (const fields of [{ switch: 'constructor' }, {}, { switch: 'refused', target: 'x' }]) {
      const answer = await browser.post('/what-if', fields as Record<string, string>);
      expect(answer.status).toBe(400);
    }
    expect((await browser.getJson('/what-if')).json).toEqual(before);
  });

  test('a page of another site cannot press a switch', async () => {
    const headers = { accept: 'application/json', 'sec-fetch-site': 'cross-site' };
    const answer = await inspected.browser().post('/what-if', { switch: 'down' }, headers);
    expect(answer.status).toBe(403);
  });
});

test('without switches, as in live mode, there is no such page and no link to it', async () => {
  const inspected = await startInspectedApp({ desk: null });
  const browser = inspected.browser();
  expect((await browser.getJson('/what-if')).status).toBe(404);
  expect((await browser.post('/what-if', { switch: 'down' })).status).toBe(404);
  expect((await browser.get('/inspector', { accept: 'text/html' })).text).not.toContain('what-if');
  await inspected.close();
});

test('a sandbox that does not answer is a 502 with a way on', async () => {
  const inspected = await startInspectedApp({ desk: () => remoteDesk('http://localhost:1/') });
  const answer = await inspected.browser().getJson('/what-if');
  expect([answer.status, answer.json.error.code]).toEqual([502, 'DigimeUnreachable']);
  await inspected.close();
});
