import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { type Pair, startPair } from '../support/start-pair.js';

let pair: Pair;
const closing: (() => Promise<void>)[] = [];
beforeAll(async () => {
  pair = await startPair();
});
afterAll(async () => {
  for (const close of closing) await close();
  await pair.close();
});

type Held = {
  id: string;
  round: number;
  call: string;
  path: string;
  body?: string;
  claims: { name: string; value: string }[];
  refusal?: { code: string; status: number };
};

/** Opens the studio and follows it, as its page does. @returns how to close it */
async function openStudio(browser: Browser): Promise<() => Promise<void>> {
  expect((await browser.get('/studio')).status).toBe(200);
  const stop = new AbortController();
  const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
  const response = await fetch(new URL('/studio/events', pair.app.baseUrl), {
    headers: { cookie },
    signal: stop.signal,
  });
  expect(response.status).toBe(200);
  const close = async () => {
    stop.abort();
    await response.body?.cancel().catch(() => undefined);
  };
  closing.push(close);
  return close;
}

const heldIn = async (browser: Browser): Promise<Held[]> => (await browser.getJson('/studio')).json.held;
const nextHeld = async (browser: Browser, fits: (held: Held) => boolean = () => true): Promise<Held> =>
  (await eventually('a held call', async () => (await heldIn(browser)).find(fits))) as Held;
const decide = (browser: Browser, held: Held, fields: Record<string, string>) =>
  browser.post(`/studio/calls/${held.id}`, fields);
const claimsOf = (held: Held) => Object.fromEntries(held.claims.map(({ name, value }) => [name, value]));

test('a call waits until it is sent, and is sent as it was', async () => {
  const browser = pair.browser();
  await openStudio(browser);
  let isDone = false;
  const started = browser.post('/authorize').finally(() => {
    isDone = true;
  });
  const held = await nextHeld(browser);
  expect(held).toMatchObject({ call: 'getAuthorizeUrl', round: 1, path: 'oauth/authorize' });
  expect(isDone).toBe(false);
  const before = pair.sandbox.control.requests().requests.length;
  expect((await decide(browser, held, { action: 'send' })).status).toBe(303);
  expect((await started).headers.get('location')).toContain('/apps/saas/authorize');
  const sent = pair.sandbox.control.requests().requests.slice(before);
  expect(sent.find(({ route }) => route === 'authorize')?.status).toBe(200);
  expect(await heldIn(browser)).toEqual([]);
});

test('an edited call is refused, explained, put right and accepted without the app knowing', async () => {
  const browser = pair.browser();
  await openStudio(browser);
  const started = browser.post('/authorize');
  const held = await nextHeld(browser);
  await decide(browser, held, { action: 'send', 'claim.redirect_uri': 'https://elsewhere.example/return' });
  const refused = await nextHeld(browser, ({ round }) => round === 2);
  expect(refused.refusal).toMatchObject({ code: 'InvalidRedirectUri', status: 400 });
  expect(claimsOf(refused).redirect_uri).toBe('https://elsewhere.example/return');
  const page = await browser.get('/studio/held', { accept: 'text/html' });
  expect(page.text).toContain('The callback is not registered for this contract.');
  await decide(browser, refused, { action: 'send' });
  expect((await started).status).toBe(303);
});

test('the person sees the refusal when it is passed on', async () => {
  const browser = pair.browser();
  await openStudio(browser);
  const started = browser.post('/authorize');
  await decide(browser, await nextHeld(browser), { action: 'send', signed: 'no' });
  const refused = await nextHeld(browser, ({ round }) => round === 2);
  expect(refused.refusal?.code).toBe('InvalidClient');
  await decide(browser, refused, { action: 'pass' });
  expect((await started).json.error).toMatchObject({ code: 'DigimeRefused', platformCode: 'InvalidClient' });
});

test('a call that is not let go ends with an error that says so', async () => {
  const browser = pair.browser();
  await openStudio(browser);
  const started = browser.post('/authorize');
  await decide(browser, await nextHeld(browser), { action: 'withhold' });
  const answer = await started;
  expect([answer.status, answer.json.error.code]).toEqual([409, 'CallWithheld']);
});

test('a nonce, a timestamp, a descriptor and the text of a file can be changed', async () => {
  const browser = pair.browser();
  await browser.connect();
  await openStudio(browser);
  const meta = { mimeType: 'text/plain', accounts: [{ accountId: 'me' }] };
  const accepted = await browser.upload('as it was', meta, { name: 'note.txt' });
  const held = await nextHeld(browser, ({ call }) => call === 'pushData');
  expect(held.body).toBe('as it was');
  await decide(browser, held, { action: 'send', 'claim.timestamp': String(Date.now() - 600_000) });
  const refused = await nextHeld(browser, ({ round }) => round === 2);
  expect(refused.refusal?.code).toBe('InvalidRequest');
  const descriptor = JSON.stringify({ ...meta, tags: ['edited'] });
  await decide(browser, refused, {
    action: 'send',
    descriptor,
    body: 'as edited',
    'claim.timestamp': String(Date.now()),
  });
  await browser.waitForState(accepted.json.id, ['delivered']);
  const file = pair.sandbox.control
    .library()
    .files.find(({ descriptor: { tags } }) => tags?.includes('edited'));
  expect(file?.size).toBe(Buffer.byteLength('as edited'));
});

test('what is held shows no secret, and a masked one that is left alone is sent as it is', async () => {
  const browser = pair.browser();
  await openStudio(browser);
  const started = browser.post('/authorize');
  await decide(browser, await nextHeld(browser), { action: 'send' });
  const callback = await browser.decide((await started).headers.get('location') ?? '');
  const code = new URL(callback).searchParams.get('code') ?? '';
  const back = browser.get(callback, { accept: 'application/json' });
  const held = await nextHeld(browser, ({ call }) => call === 'exchangeCodeForToken');
  const shown = JSON.stringify(held) + (await browser.get('/studio/held', { accept: 'text/html' })).text;
  expect(shown).not.toContain(code);
  expect(claimsOf(held).code_verifier).toMatch(/… \(43 characters\)$/);
  await decide(browser, held, {
    action: 'continue',
    'claim.code': claimsOf(held).code ?? '',
    'claim.code_verifier': claimsOf(held).code_verifier ?? '',
  });
  expect((await back).status).toBe(303);
  expect((await browser.getJson('/studio')).json.isPausing).toBe(false);
});

test.each([
  [{ 'add.header': 'Transfer-Encoding: chunked' }, 'Transfer-Encoding'],
  [{ 'header.Accept': 'a\nHost: elsewhere' }, 'Accept'],
  [{ 'add.claim': 'without a colon' }, 'add.claim'],
  [{ path: 'oauth/authorize and more' }, 'path'],
  [{ action: 'explode' }, 'action'],
])(
  'an edit that can’t be sent (%j) is refused with its place, and the call stays held',
  async (fields, path) => {
    const browser = pair.browser();
    await openStudio(browser);
    const started = browser.post('/authorize');
    const held = await nextHeld(browser);
    const answer = await decide(browser, held, { action: 'send', ...fields } as Record<string, string>);
    expect([answer.status, answer.json.error.details[0].path]).toEqual([400, path]);
    expect((await heldIn(browser)).map(({ id }) => id)).toEqual([held.id]);
    await decide(browser, held, { action: 'send' });
    expect((await started).status).toBe(303);
  },
);

test('nobody else’s calls are held, seen or decided about', async () => {
  const [one, other] = [pair.browser(), pair.browser()];
  await openStudio(one);
  await other.get('/studio');
  expect((await other.post('/authorize')).status).toBe(303);
  const started = one.post('/authorize');
  const held = await nextHeld(one);
  expect(await heldIn(other)).toEqual([]);
  expect((await decide(other, held, { action: 'withhold' })).status).toBe(404);
  await decide(one, held, { action: 'send' });
  expect((await started).status).toBe(303);
});

test('a visitor holds four calls at most: the fifth goes through', async () => {
  const browser = pair.browser();
  await openStudio(browser);
  const twins = Array.from({ length: 5 }, () => browser.twin());
  const answers = twins.map((twin) => twin.post('/authorize'));
  expect((await Promise.race(answers)).status).toBe(303);
  expect(await heldIn(browser)).toHaveLength(4);
  await browser.post('/studio/pause', { on: 'no' });
  for (const answer of await Promise.all(answers)) expect(answer.status).toBe(303);
});

test('what is held goes on unchanged when the page is closed', async () => {
  const browser = pair.browser();
  const close = await openStudio(browser);
  const started = browser.post('/authorize');
  await nextHeld(browser);
  await close();
  expect((await started).status).toBe(303);
});

test('the studio’s phone shows the person’s pages, and no studio in the studio', async () => {
  const browser = pair.browser();
  const framed = await browser.get('/studio', { 'sec-fetch-dest': 'iframe' });
  expect([framed.status, framed.headers.get('location')]).toEqual([303, '/']);
  await browser.request('POST', '/view', { body: new URLSearchParams({ view: 'developer', page: '/' }) });
  expect((await browser.get('/', { accept: 'text/html' })).text).toContain('href="/studio"');
  const inPhone = await browser.get('/', { accept: 'text/html', 'sec-fetch-dest': 'iframe' });
  expect(inPhone.text).not.toContain('href="/studio"');
});

test('the page says when a browser will keep the phone from coming back, and only then', async () => {
  const at = async (host: string) => {
    const { port } = new URL(pair.app.baseUrl);
    const url = new URL('/studio', `http://${host}:${port}`);
    return (await (await fetch(url, { headers: { accept: 'text/html' } })).text()).includes('id="apart"');
  };
  expect(new URL(pair.sandbox.url).hostname).toBe('localhost');
  expect([await at('localhost'), await at('127.0.0.1')]).toEqual([false, true]);
});
