import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Pair, startPair } from '../support/start-pair.js';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterAll(() => pair.close());

const html = { accept: 'text/html' };
const header = (page: string) => /<header[\s\S]*?<\/header>/.exec(page)?.[0] ?? '';
const links = (page: string) => [...header(page).matchAll(/<a href="([^"]+)"/g)].map((match) => match[1]);

describe('the switch between the views', () => {
  test('is off at first: the header leads to Send, Sent and Library only', async () => {
    const page = await pair.browser().get('/', html);
    expect(links(page.text)).toEqual(['/push', '/pushes', '/library']);
    expect(header(page.text)).toMatch(/role="switch" aria-checked="false"/);
  });

  test('switched on it comes back to the same page, is remembered, and adds the developer’s pages', async () => {
    const browser = pair.browser();
    const answer = await browser.post('/view', { view: 'developer', page: '/pushes?before=5' }, html);
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/pushes?before=5');
    expect(answer.headers.get('set-cookie')).toMatch(
      /^view=developer; Max-Age=\d+; .*HttpOnly; SameSite=Lax/,
    );
    const page = await browser.get('/pushes', html);
    expect(links(page.text)).toEqual(
      expect.arrayContaining(['/inspector', '/what-if', '/accounts', '/push/provider']),
    );
    expect(header(page.text)).toMatch(/role="switch" aria-checked="true"/);
    await browser.post('/view', { view: 'person', page: '/' }, html);
    expect(links((await browser.get('/', html)).text)).toEqual(['/push', '/pushes', '/library']);
  });

  test('outlives the way to digi.me and back, which renews the session', async () => {
    const browser = pair.browser();
    await browser.post('/view', { view: 'developer', page: '/' }, html);
    await browser.connect();
    expect(links((await browser.get('/push', html)).text)).toContain('/inspector');
  });

  test.each([
    '//elsewhere.example',
    '/\\elsewhere.example',
    'https://elsewhere.example/',
    '/a\r\nb',
    'push',
    '',
  ])('never leads to another host: %j', async (page) => {
    const answer = await pair.browser().post('/view', { view: 'developer', page }, html);
    expect(answer.headers.get('location')).toBe('/');
  });

  test('names the field when the view is not known', async () => {
    const answer = await pair.browser().post('/view', { view: 'other' });
    expect(answer.status).toBe(400);
    expect(answer.json.error.details).toEqual([{ path: 'view', message: 'must be person or developer' }]);
  });
});

describe('pages on the wire', () => {
  const encoding = async (browser: ReturnType<Pair['browser']>) =>
    (await browser.get('/', { accept: 'text/html', 'accept-encoding': 'gzip' })).headers.get(
      'content-encoding',
    );

  test('are compressed for who has no visit, and never for a visitor, whose own data stands on them', async () => {
    const browser = pair.browser();
    expect(await encoding(browser)).toBe('gzip');
    await browser.connect();
    expect(await encoding(browser)).toBeNull();
  });
});
