import { createHash, randomUUID } from 'node:crypto';
import { get } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.js';
import { type Pair, startPair } from '../support/start-pair.js';
import { connectReading, finishedList, pushAndDeliver } from './reading.js';
import { pdf, png } from './samples.js';

let pair: Pair;
let browser: Browser;
const photo = png(30);
const letter = 'Dear reader, café.\n'.repeat(50);

beforeAll(async () => {
  pair = await startPair();
  browser = pair.browser();
  await browser.connect();
  await pushAndDeliver(
    browser,
    letter,
    { mimeType: 'text/plain', tags: ['letter', 'Post'], reference: ['L-1'] },
    'brief van "mij" – café.txt',
  );
  await pushAndDeliver(browser, photo, { mimeType: 'image/png', tags: ['photo'] }, 'photo.png');
  await connectReading(browser);
});
afterAll(() => pair.close());

/** The answer to a path as it is written here: `fetch` would resolve its dots. */
const rawStatus = (path: string) =>
  new Promise<number | undefined>((resolve, reject) => {
    const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
    get({ port: pair.app.port, path, headers: { cookie, connection: 'close' } }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on('error', reject);
  });

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex');

describe('the list', () => {
  test('fills in while digi.me is pending and running, and says what each file is', async () => {
    const list = await finishedList(browser);
    expect(list.states).toEqual(['pending', 'running', 'completed']);
    expect(list.sameLibrary).toBe('same');
    expect(list.files).toHaveLength(2);
    const found = list.files.find((file: { type: string }) => file.type === 'text/plain');
    expect(found).toMatchObject({
      title: 'brief van "mij" – café.txt',
      size: Buffer.byteLength(letter),
      sha256: sha256(letter),
      tags: ['letter', 'Post'],
      reference: ['L-1'],
      accounts: ['me'],
      application: { isThisApp: true },
      isCompared: true,
      samePush: { fileName: 'brief van "mij" – café.txt' },
    });
  });

  test.each([
    ['tag=post', ['text/plain']],
    ['tag=photo', ['image/png']],
    ['reference=L-1', ['text/plain']],
    ['type=image/png', ['image/png']],
    ['type=image/*', ['image/png']],
    ['type=photo', ['image/png']],
    ['type=record', []],
    ['tag=photo&type=text/plain', []],
    ['tag=nothing', []],
  ])('keeps what fits ?%s', async (query, types) => {
    const list = await finishedList(browser, `?${query}`);
    expect(list.files.map((file: { type: string }) => file.type)).toEqual(types);
  });

  test('refuses a filter that comes twice', async () => {
    expect((await browser.getJson('/library?tag=a&tag=b')).status).toBe(400);
  });

  test('shows a file that was delivered after the list was finished', async () => {
    await finishedList(browser);
    await pushAndDeliver(browser, '{"a": 1}', { mimeType: 'application/json' }, 'new.json');
    expect((await finishedList(browser)).files).toHaveLength(3);
  });

  test('is a page that works without scripts, with tags as text', async () => {
    await pushAndDeliver(browser, 'x', { mimeType: 'text/plain', tags: ['<b>&"'] }, 'odd.txt');
    await finishedList(browser);
    const page = await browser.get('/library');
    expect(page.status).toBe(200);
    expect(page.text).toContain('&lt;b&gt;&amp;&#34;');
    expect(page.text).not.toContain('<b>&');
    expect(page.text).toContain('arrived unchanged');
  });

  test('speaks of kinds and senders to a person, and of types and ids to a developer', async () => {
    const { files } = await finishedList(browser);
    const raw = [...files.map(({ type }: { type: string }) => type), 'same bytes as push'];
    const { text: plain } = await browser.get('/library');
    for (const fact of raw) expect(plain).not.toContain(fact);
    expect(plain).toContain('Photo');
    expect(plain).toContain('you, from here');
    const developer = browser.twin();
    await developer.post('/view', { view: 'developer', page: '/library' });
    const { text: detailed } = await developer.get('/library');
    for (const fact of raw) expect(detailed).toContain(fact);
  });
});

describe('one file', () => {
  const fileOf = async (type: string) => {
    const list = await finishedList(browser);
    return list.files.find((file: { type: string }) => file.type === type);
  };
  const fetchRaw = async (path: string) => {
    const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(new URL(path, pair.app.baseUrl), { headers: { cookie } });
    return { answer, bytes: Buffer.from(await answer.arrayBuffer()) };
  };

  test('downloads as an attachment with its right name and the same bytes', async () => {
    for (const [type, bytes, name] of [
      ['image/png', photo, `filename="photo.png"; filename*=UTF-8''photo.png`],
      [
        'text/plain',
        Buffer.from(letter),
        "filename*=UTF-8''brief%20van%20%22mij%22%20%E2%80%93%20caf%C3%A9.txt",
      ],
    ] as const) {
      const file = (await finishedList(browser)).files.find(
        (entry: { sha256: string }) => entry.sha256 === sha256(bytes),
      );
      const download = await fetchRaw(file.links.self);
      expect(download.answer.status).toBe(200);
      expect(download.bytes.equals(bytes)).toBe(true);
      expect(download.answer.headers.get('content-disposition')).toMatch(/^attachment; /);
      expect(download.answer.headers.get('content-disposition')).toContain(name);
      expect(download.answer.headers.get('content-type')).toContain(type);
      expect(download.answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(download.answer.headers.get('content-security-policy')).toMatch(/default-src 'none'.*sandbox/);
    }
  });

  test('has a page that can run nothing and shows a picture as data', async () => {
    const file = await fileOf('image/png');
    const page = await browser.get(file.links.preview);
    const policy = page.headers.get('content-security-policy') ?? '';
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toContain('script-src');
    expect(policy).toContain('sandbox allow-same-origin allow-downloads');
    expect(page.text).toContain(`src="data:image/png;base64,${photo.toString('base64')}"`);
    expect(page.text).not.toContain('<script');
    expect(page.text).toContain(file.sha256);
  });

  test.each([
    ['text/html', '<script>alert(1)</script>', 'page.html'],
    ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'drawing.svg'],
  ])('never serves %s as what it is', async (mimeType, content, name) => {
    await pushAndDeliver(browser, content, { mimeType }, name);
    const file = await fileOf(mimeType);
    const download = await fetchRaw(file.links.self);
    expect(download.answer.headers.get('content-type')).toBe('application/octet-stream');
    expect(download.answer.headers.get('content-disposition')).toContain(`attachment; filename="${name}"`);
    const page = await browser.get(file.links.preview);
    expect(page.text).not.toContain(content);
    expect(page.text).toContain(
      content.replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&#34;'),
    );
  });

  test.each([
    ['plain', (content: string) => content],
    ['with other bytes before its header', (content: string) => `\n\n% a remark\n${content}`],
    [
      'of a hundred thousand streams that never end',
      (content: string) => content + 'stream\n'.repeat(150_000),
    ],
  ])('that is a PDF (%s) is a download and opens in no page', async (_what, change) => {
    const content = Buffer.from(change(pdf(randomUUID()).toString('latin1')), 'latin1');
    const { sha256 } = await pushAndDeliver(browser, content, { mimeType: 'application/pdf' }, 'letter.pdf');
    const file = (await finishedList(browser, '?again')).files.find(
      (one: { sha256?: string }) => one.sha256 === sha256,
    );
    const [page, health] = await Promise.all([
      browser.get(file.links.preview),
      fetch(new URL('healthz', pair.app.baseUrl)),
    ]);
    expect(health.status).toBe(200);
    expect(page.text).not.toMatch(/<(iframe|embed|object)/);
    expect(page.headers.get('content-security-policy')).toContain(
      'sandbox allow-same-origin allow-downloads',
    );
    for (const address of [file.links.self, `${file.links.self}?inline`]) {
      const { answer } = await fetchRaw(address);
      expect(answer.headers.get('content-disposition')).toMatch(/^attachment/);
      expect(answer.headers.get('content-security-policy')).toContain('sandbox');
    }
  });

  test('of somebody else, or of nobody, is not there', async () => {
    const file = await fileOf('image/png');
    const stranger = pair.browser();
    expect((await stranger.getJson(file.links.self)).json.error.code).toBe('NotFound');
    await stranger.connect();
    await connectReading(stranger);
    expect((await stranger.getJson(file.links.self)).json.error.code).toBe('NotFound');
    expect((await browser.getJson('/library/nothing-like-it')).status).toBe(404);
    expect((await browser.getJson('/library/..%2f..%2fuser')).status).toBe(404);
    for (const name of ['%2e%2e', '%2e', '%2e%2E%2fuser', '%00', 'a%00'])
      expect([name, await rawStatus(`/library/${name}`)]).toEqual([name, 404]);
  });

  test('is read in a new session when digi.me has ended the old one', async () => {
    const file = await fileOf('image/png');
    pair.sandbox.control.advanceClock(2 * 3600);
    expect((await fetchRaw(file.links.self)).answer.status).toBe(200);
    expect((await finishedList(browser)).files.length).toBeGreaterThan(1);
  });
});
