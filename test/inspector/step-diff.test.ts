import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.js';
import { type InspectedApp, startInspectedApp } from './inspected-app.js';

type Call = { number: number; kind: string; call?: string; request: { claims?: { nonce: string } } };
let inspected: InspectedApp;
let browser: Browser;
let calls: Call[];
beforeAll(async () => {
  inspected = await startInspectedApp();
  browser = inspected.browser();
  await browser.connect();
  await browser.post('/authorize', { type: 'library' });
  calls = (await browser.getJson('/inspector')).json.steps.filter(({ kind }: Call) => kind === 'exchange');
});
afterAll(() => inspected.close());

const diffOf = async (query: string) => {
  const { status, text } = await browser.get(`/inspector?${query}`, { accept: 'text/html' });
  expect(status).toBe(200);
  const section = /<section class="diff"[\s\S]*?<\/section>/.exec(text)?.[0] ?? '';
  const linesOf = (name: string) =>
    [...section.matchAll(new RegExp(`<${name} [^>]*>([^<]*)<`, 'g'))].map(([, line]) => line ?? '');
  return { section, removed: linesOf('del'), added: linesOf('ins') };
};
const two = () => calls.filter(({ call }) => call === 'getAuthorizeUrl') as [Call, Call];

test.each(['diff=A,B', 'diff=A%2CB', 'diff=A&diff=B'])(
  'shows the lines that differ, and no other: ?%s',
  async (form) => {
    const [one, other] = two();
    const { section, removed, added } = await diffOf(
      form.replace('A', String(one.number)).replace('B', String(other.number)),
    );
    expect(removed.some((line) => line.includes(one.request.claims?.nonce ?? '?'))).toBe(true);
    expect(added.some((line) => line.includes(other.request.claims?.nonce ?? '?'))).toBe(true);
    expect([...removed, ...added].filter((line) => line.includes('client_id'))).toEqual([]);
    expect(section).toMatch(/The same in both:[^<]*JWT header/);
  },
);

test('calls of different kinds differ in their address as well', async () => {
  const exchange = calls.find(({ call }) => call === 'exchangeCodeForToken');
  const { removed, added } = await diffOf(`diff=${two()[0].number},${exchange?.number}`);
  expect(removed.join()).toContain('oauth/authorize');
  expect(added.join()).toContain('oauth/token');
});

test('a call has no difference to itself', async () => {
  const { number } = two()[0];
  const { section, removed, added } = await diffOf(`diff=${number},${number}`);
  expect([...removed, ...added]).toEqual([]);
  expect(section).toContain('The two calls are the same');
});

test('what is no call, or not kept, is said to be that', async () => {
  for (const query of [`diff=1,${two()[0].number}`, 'diff=9998,9999'])
    expect((await diffOf(query)).section).toContain('Only calls that are still kept can be compared.');
});

test.each(['diff=', 'diff=3', 'diff=3,', 'diff=1,2,3', 'diff=a,b', 'diff[x]=1', 'diff=-1,2', 'diff=1e9,2'])(
  'a question that names no two steps is none: ?%s',
  async (query) => expect((await diffOf(query)).section).toBe(''),
);

test('a step leads to the comparison with the same call before it', async () => {
  const [one, other] = two();
  const { text } = await browser.get(`/inspector/steps/${other.number}`);
  const before = calls.findLast(({ call, number }) => call === 'getAuthorizeUrl' && number < other.number);
  expect(before?.number).toBe(one.number);
  expect(text).toContain(`/inspector?diff=${one.number},${other.number}#diff`);
});
