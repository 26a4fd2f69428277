import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hasWord } from '../../src/web/index.js';
import type { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { type InspectedApp, readEvents, startInspectedApp } from './inspected-app.js';

let inspected: InspectedApp;
beforeAll(async () => {
  inspected = await startInspectedApp();
});
afterAll(() => inspected.close());

const eventsUrl = () => new URL('/inspector/events', inspected.app.baseUrl).href;
const meta = { mimeType: 'text/plain', accounts: [{ accountId: 'me' }] };
/** The number of the last step of a push that is delivered: it is told a moment after the ledger knows it. */
const lastStepOf = async (browser: Browser): Promise<number> => {
  const last = async () => ((await browser.getJson('/inspector')).json.steps as Shown[]).at(-1);
  return (await eventually('the last step', last, (step) => step?.kind !== 'exchange'))?.number ?? 0;
};
type Shown = { number: number; kind: string; title: string; call?: string; result: string };

test('without a session there is an empty page that leads on, and nothing to follow or to export', async () => {
  const browser = inspected.browser();
  const page = await browser.get('/inspector', { accept: 'text/html' });
  expect(page.status).toBe(200);
  expect(page.text).toContain('Nothing has been said yet');
  expect(page.text).toMatch(/<a class="button is-primary" href="\/">/);
  expect((await browser.getJson('/inspector')).json.steps).toEqual([]);
  expect((await browser.get('/inspector/events')).status).toBe(204);
  expect((await browser.get('/inspector/export.har')).json.log.entries).toEqual([]);
  expect(browser.cookies().size).toBe(0);
});

test('the first call of an authorization is recorded, then everything until the push, in the order it happened', async () => {
  const browser = inspected.browser();
  await browser.connect();
  const accepted = await browser.upload('hello', meta);
  await browser.waitForState(accepted.json.id, ['delivered']);
  const { steps } = (await browser.getJson('/inspector')).json as { steps: Shown[] };
  const names = steps.map(({ call, title, kind }) => (kind === 'exchange' ? call : title));
  expect(names.slice(0, 2)).toEqual(['The browser asks to connect', 'getAuthorizeUrl']);
  for (const [earlier, later] of [
    ['getAuthorizeUrl', 'Off to digi.me'],
    ['Off to digi.me', 'Back from digi.me'],
    ['Back from digi.me', 'exchangeCodeForToken'],
    ['exchangeCodeForToken', 'Connected'],
    ['Connected', 'pushData'],
    ['pushData', 'The push changed its state'],
  ] as const) {
    expect(names).toContain(later);
    expect(names.indexOf(earlier)).toBeLessThan(names.indexOf(later));
  }
  expect(steps.map(({ number }) => number)).toEqual(steps.map((_step, index) => index + 1));
});

test('a step of the page says where it went, what was signed, what came back, and how to do it oneself', async () => {
  const browser = inspected.browser();
  await browser.connect();
  const { steps } = (await browser.getJson('/inspector')).json as { steps: Shown[] };
  const number = steps.find(({ call }) => call === 'exchangeCodeForToken')?.number;
  const page = (await browser.get(`/inspector?open=${number}`, { accept: 'text/html' })).text;
  expect((await browser.get(`/inspector/steps/${number}`)).text).toContain('$DIGIME_JWT');
  expect((await browser.get('/inspector/steps/9999')).status).toBe(404);
  expect(page).toContain(`${inspected.sandbox.baseUrl}oauth/token`);
  expect(page).toContain('&#34;alg&#34;: &#34;PS512&#34;');
  expect(page).toContain('&#34;grant_type&#34;: &#34;authorization_code&#34;');
  expect(page).toContain('await sdk.exchangeCodeForToken(');
  expect(page).toContain('$DIGIME_JWT');
  expect(page).toContain('https://www.rfc-editor.org/rfc/rfc7636#section-4.5');
});

test('nobody sees another visitor’s steps, by page, export or events', async () => {
  const [one, other] = [inspected.browser(), inspected.browser()];
  await other.connect();
  let isOpen = false;
  const events = readEvents(other, eventsUrl(), (text) => {
    isOpen = true;
    return text.includes('event: step');
  });
  await eventually('the stream', () => isOpen);
  const before = (await other.getJson('/inspector')).json.steps.length;
  await one.connect();
  expect((await other.getJson('/inspector')).json.steps).toHaveLength(before);
  await other.post('/authorize', { type: 'library' });
  const text = await events;
  const seen = [...text.matchAll(/^event: step\ndata: (.*)$/gm)].map(
    ([, data]) => JSON.parse(data ?? '') as Shown,
  );
  // Its own three steps and nothing of the other's eight.
  const own = (await other.getJson('/inspector')).json.steps as Shown[];
  expect(own.map(({ number }) => number).slice(before)).toEqual([before + 1, before + 2, before + 3]);
  expect(seen.map(({ number }) => number)).toEqual(
    [before + 1, before + 2, before + 3].slice(0, seen.length),
  );
  expect(seen[0]?.title).toBe('The browser asks to connect');
});

test('clearing empties this visitor’s inspector, tells the pages that watch, and leaves others alone', async () => {
  const [one, other] = [inspected.browser(), inspected.browser()];
  await one.connect();
  await other.connect();
  let journeys: string[] = [];
  const watched = readEvents(one, eventsUrl(), (text) => {
    journeys = [...text.matchAll(/"journey":"([^"]*)"/g)].map(([, id]) => id ?? '');
    if (journeys.length === 1) void one.post('/inspector/clear');
    return journeys.length > 1;
  });
  await watched;
  expect(journeys).toHaveLength(2);
  expect(journeys[0]).not.toBe(journeys[1]);
  expect((await one.getJson('/inspector')).json.steps).toEqual([]);
  expect((await other.getJson('/inspector')).json.steps.length).toBeGreaterThan(3);
  const answer = await one.request('POST', '/inspector/clear', { headers: { accept: 'text/html' } });
  expect([answer.status, answer.headers.get('location')]).toEqual([303, '/inspector']);
});

test('the exports are downloads with names', async () => {
  const browser = inspected.browser();
  await browser.connect();
  for (const ending of ['har', 'json']) {
    const answer = await browser.get(`/inspector/export.${ending}`);
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename=digi-me-calls.${ending}`);
    expect(answer.headers.get('content-type')).toContain('application/json');
  }
});

test('an open event stream does not keep the app from stopping', async () => {
  const own = await startInspectedApp();
  const browser = own.browser();
  await browser.connect();
  let isOpen = () => {};
  const opened = new Promise<void>((resolve) => {
    isOpen = resolve;
  });
  const ended = readEvents(browser, new URL('/inspector/events', own.app.baseUrl).href, () => {
    isOpen();
    return false;
  });
  await opened;
  await own.app.close(60_000);
  expect(await ended).toContain('event: sync');
  await own.close();
});

test('the page is the same in Dutch', async () => {
  const browser = inspected.browser();
  await browser.connect();
  const page = (await browser.get('/inspector?lang=nl', { accept: 'text/html' })).text;
  expect(page).toContain('Wat er over de lijn ging');
  expect(page).toContain('De code inwisselen voor tokens');
});

test('the rows ask for no word that does not exist', () => {
  const view = ['steps', 'step-body']
    .map((name) => readFileSync(new URL(`../../views/inspector/${name}.ejs`, import.meta.url), 'utf8'))
    .join();
  const asked = [...view.matchAll(/\bw\('([^']+)'\)/g)].map(([, key]) => key ?? '');
  expect(asked.length).toBeGreaterThan(10);
  expect(asked.filter((key) => !hasWord(key))).toEqual([]);
});

test('a long journey shows its newest steps first, light on the wire, and leads to the older ones', async () => {
  const browser = inspected.browser();
  await browser.connect();
  let count = 0;
  while (count <= 300) {
    const accepted = await browser.upload(`file ${count}`, meta);
    await browser.waitForState(accepted.json.id, ['delivered']);
    count = await lastStepOf(browser);
  }
  const rowsIn = (html: string) =>
    [...html.matchAll(/data-number="(\d+)"/g)].map(([, number]) => Number(number));
  const upTo = (last: number, length = 40) =>
    Array.from({ length }, (_value, index) => last - length + 1 + index);
  for (const view of ['sequence', 'timeline']) {
    const answer = await browser.get(`/inspector?view=${view}`, { accept: 'text/html' });
    expect(rowsIn(answer.text)).toEqual(upTo(count));
    expect(answer.text).toContain('260 older steps are not shown.');
    // The whole page with what it loads is to stay below 60 kB on the wire.
    expect(Buffer.byteLength(answer.text)).toBeLessThan(45_000);
  }
  let path = '/inspector';
  const seen: number[] = [];
  for (;;) {
    const { text } = await browser.get(path, { accept: 'text/html' });
    seen.unshift(...rowsIn(text));
    const older = /href="([^"]*before=[^"]*)">Older steps/.exec(text)?.[1];
    if (older === undefined) break;
    path = older.replaceAll('&amp;', '&').replaceAll('&#38;', '&');
  }
  expect(seen).toEqual(upTo(count, 300));
  const opened = count - 200;
  const page = (await browser.get(`/inspector?open=${opened}`, { accept: 'text/html' })).text;
  expect(rowsIn(page)).toEqual(upTo(opened + 39));
  expect(page.match(/<div class="step-body">/g)).toHaveLength(1);
  const rest = (await browser.get(`/inspector/steps?after=${count - 2}`)).text;
  expect(rowsIn(rest)).toEqual([count - 1, count]);
}, 300_000);
