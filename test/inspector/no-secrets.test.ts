import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectProvider, exampleBundle, pushJson } from '../push/provider/provider-requests.js';
import type { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { type InspectedApp, readEvents, startInspectedApp } from './inspected-app.js';

const payload = 'Payload-of-the-journey-5d41402abc4b2a76b9719d911017c592';
let inspected: InspectedApp;
let browser: Browser;
let secrets: string[];
let events = '';

/** Every value of the sandbox's journal, its request log and the app's session that would let somebody act. */
async function collectSecrets(): Promise<string[]> {
  const found = new Set<string>();
  const journal = await readFile(join(inspected.dataDir, 'sandbox', 'journal.ndjson'), 'utf8');
  for (const [value] of journal.matchAll(/(?:access|refresh|preauth|code|reference)-[\w-]{20,}/g))
    found.add(value);
  for (const line of journal.trim().split('\n')) {
    const [kind, key] = JSON.parse(line) as [string, string];
    if (kind === 'session') found.add(key);
  }
  for (const { claims } of inspected.sandbox.control.requests().requests) {
    for (const name of ['access_token', 'refresh_token', 'code', 'code_verifier', 'state']) {
      const value = claims?.[name];
      if (typeof value === 'string') found.add(value);
    }
  }
  for (const value of browser.cookies().values()) {
    found.add(value);
    found.add(decodeURIComponent(value).slice(2).split('.')[0] ?? '');
  }
  for (const { privateKey } of inspected.sandbox.credentials().contracts)
    found.add(privateKey.split('\n')[1] ?? '');
  found
    .add(payload)
    .add(Buffer.from(payload).toString('base64').slice(0, 40))
    .add(Buffer.from(payload).toString('hex'));
  return [...found];
}

beforeAll(async () => {
  inspected = await startInspectedApp();
  browser = inspected.browser();
  await browser.connect('library');
  const { href } = new URL('/inspector/events', inspected.app.baseUrl);
  // Ends with the app; until then `events` is what came so far.
  readEvents(browser, href, (text) => {
    events = text;
    return false;
  }).catch(() => undefined);
  const meta = { mimeType: 'text/plain', accounts: [{ accountId: 'me' }], tags: ['tag'] };
  for (const flip of [undefined, 'expire-access', 'refused', 'answer-lost', 'expire-refresh']) {
    if (flip) await browser.post('/what-if', { switch: flip });
    const accepted = await browser.upload(`${payload} ${flip}`, meta, { name: 'a.txt' });
    await browser.waitForState(accepted.json.id, ['delivered', 'failed', 'needs-reauthorization']);
  }
  // Renewed, and a second contract for the same library, which links it by its token.
  const home = await browser.getJson('/');
  const again = await browser.post('/authorize', { connection: home.json.connections[0].id });
  await browser.get(await browser.decide(again.headers.get('location') ?? ''));
  await connectProvider(browser);
  const bundle = exampleBundle();
  bundle.entry[0].resource.text = {
    status: 'generated',
    div: `<div xmlns="http://www.w3.org/1999/xhtml">${payload}</div>`,
  };
  const sent = await pushJson(browser, { version: 'stu3', resource: bundle });
  expect(sent.status).toBe(202);
  await browser.waitForState(sent.json.id, ['delivered']);
  secrets = await collectSecrets();
}, 180_000);
afterAll(() => inspected.close());

const shown = async (path: string, accept = '*/*') => {
  const answer = await browser.get(path, { accept });
  expect(answer.status).toBe(200);
  return answer.text;
};
const expectNone = (text: string) => expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);

test('the journey had secrets of every kind to hide', () => {
  for (const kind of ['access-', 'refresh-', 'preauth-', 'code-', 'reference-'])
    expect(secrets.filter((secret) => secret.startsWith(kind)).length).toBeGreaterThan(0);
  expect(secrets.length).toBeGreaterThan(25);
  expect(secrets.every((secret) => secret.length >= 20)).toBe(true);
});

test('the page shows every call and no secret', async () => {
  const { steps } = JSON.parse(await shown('/inspector', 'application/json'));
  const numbers = steps.map(({ number }: { number: number }) => number);
  const opened = await Promise.all(numbers.map((number: number) => shown(`/inspector/steps/${number}`)));
  const page = [await shown('/inspector', 'text/html'), ...opened].join();
  for (const call of [
    'getAuthorizeUrl',
    'exchangeCodeForToken',
    'refreshToken',
    'pushData',
    'getReauthorizeUrl',
  ])
    expect(page).toContain(call);
  expectNone(page);
  expectNone(await shown('/inspector?view=timeline', 'text/html'));
  expectNone(await shown('/inspector/steps?after=0'));
});

test('the JSON, its export and the HTTP archive hold no secret', async () => {
  for (const path of ['/inspector', '/inspector/export.json', '/inspector/export.har']) {
    const text = await shown(path, 'application/json');
    expect(text).toContain('oauth/token');
    expectNone(text);
  }
});

test('no comparison of two calls holds a secret', async () => {
  const { steps } = JSON.parse(await shown('/inspector', 'application/json'));
  const calls = steps.filter(({ kind }: { kind: string }) => kind === 'exchange');
  for (const [index, { number }] of calls.entries()) {
    const page = await shown(`/inspector?diff=${calls[index - 1]?.number ?? number},${number}`, 'text/html');
    expect(page).toContain('id="diff"');
    expectNone(page);
  }
});

test('the events hold no secret', async () => {
  const calls = ['refreshToken', 'h:accountId', 'getReauthorizeUrl'];
  await eventually('every call', () => calls.every((call) => events.includes(call)));
  expectNone(events);
});

test('the log holds no secret', () => {
  expect(inspected.logs()).toContain('an attempt failed');
  expectNone(inspected.logs());
});
