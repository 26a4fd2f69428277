import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type InspectedApp, startInspectedApp } from './inspected-app.js';

let inspected: InspectedApp;
beforeAll(async () => {
  inspected = await startInspectedApp();
});
afterAll(() => inspected.close());

const run = promisify(execFile);
const meta = { mimeType: 'text/plain', accounts: [{ accountId: 'me' }] };
type Step = {
  number: number;
  call?: string;
  push?: string;
  canRepeat?: boolean;
  request?: { claims?: { nonce: string } };
  response?: { status: number };
};
type Visitor = ReturnType<InspectedApp['browser']>;

const stepsOf = async (browser: Visitor): Promise<Step[]> => (await browser.getJson('/inspector')).json.steps;
const stepOf = async (browser: Visitor, call: string): Promise<Step> =>
  (await stepsOf(browser)).findLast((step) => step.call === call) as Step;

test('a call is made again with one press, signed with another nonce, and stands among the steps', async () => {
  const browser = inspected.browser();
  await browser.connect();
  const before = await stepOf(browser, 'readAccounts');
  const answer = await browser.post(`/inspector/steps/${before.number}/replay`);
  expect(answer.status).toBe(303);
  const again = await stepOf(browser, 'readAccounts');
  expect(again.number).toBe(answer.json.step);
  expect(again.response?.status).toBe(200);
  expect(again.request?.claims?.nonce).not.toBe(before.request?.claims?.nonce);
});

test('a code that is exchanged again is refused, and the refusal is a step', async () => {
  const browser = inspected.browser();
  await browser.connect();
  const { number } = await stepOf(browser, 'exchangeCodeForToken');
  expect((await browser.post(`/inspector/steps/${number}/replay`)).status).toBe(303);
  expect((await stepOf(browser, 'exchangeCodeForToken')).response?.status).toBe(400);
});

test('the signed command runs as it is, once', async () => {
  const browser = inspected.browser();
  await browser.connect();
  const { number } = await stepOf(browser, 'readAccounts');
  const { curl, expiresAt } = (await browser.post(`/inspector/steps/${number}/curl`)).json;
  expect(expiresAt).toBeGreaterThan(Date.now());
  const script = `${curl} --silent --show-error`;
  const first = await run('sh', ['-c', script]);
  expect(JSON.parse(first.stdout)[0]).toHaveProperty('id');
  const second = await run('sh', ['-c', script]);
  expect(JSON.parse(second.stdout).error.message).toContain('nonce');
});

test('nobody else can make a visitor’s calls again or have them signed', async () => {
  const [owner, other] = [inspected.browser(), inspected.browser()];
  await owner.connect();
  await other.get('/studio');
  const { number } = await stepOf(owner, 'readAccounts');
  for (const action of ['replay', 'curl'])
    expect((await other.post(`/inspector/steps/${number}/${action}`)).status).toBe(404);
  const crossSite = { accept: 'application/json', 'sec-fetch-site': 'cross-site' };
  expect((await owner.post(`/inspector/steps/${number}/curl`, {}, crossSite)).status).toBe(403);
});

test('in live mode nothing is kept that could be made again', async () => {
  const live = await startInspectedApp('live');
  const browser = live.browser();
  await browser.connect();
  const steps = await stepsOf(browser);
  expect(steps.filter(({ canRepeat }) => canRepeat)).toEqual([]);
  for (const { number } of steps)
    expect((await browser.post(`/inspector/steps/${number}/curl`)).status).toBe(404);
  await live.close();
});

test('the steps of a push lead to it, can be shown alone, and be filtered by call, outcome and text', async () => {
  const browser = inspected.browser();
  await browser.connect();
  await browser.post('/what-if', { switch: 'unavailable' });
  const { id } = (await browser.upload('filtered', meta)).json;
  await browser.waitForState(id, ['delivered']);
  expect((await stepOf(browser, 'pushData')).push).toBe(id);
  const rowsAt = async (query: string) => {
    const { text } = await browser.get(`/inspector?${query}`, { accept: 'text/html' });
    const rows = text.matchAll(/<li class="exchange is-(\w+)"[\s\S]*?<span class="step-title">([^<]*)</g);
    return [...rows].map(([, result, title]) => [result, title]);
  };
  expect((await rowsAt(`push=${id}`)).map(([, title]) => title)).toContain('Push a file to the library');
  expect((await rowsAt(`push=${id}`)).map(([, title]) => title)).not.toContain('Read the accounts');
  expect(await rowsAt('call=pushData&result=refused')).toEqual([['refused', 'Push a file to the library']]);
  expect((await rowsAt('text=CODE_CHALLENGE_METHOD')).map(([, title]) => title)).toEqual([
    'Ask to authorize',
  ]);
  expect(await rowsAt('text=nothing-says-this')).toEqual([]);
  const { text } = await browser.get('/inspector', { accept: 'text/html' });
  expect(text).toContain(`href="/pushes/${id}"`);
});
