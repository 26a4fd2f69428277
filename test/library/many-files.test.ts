import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { type Pair, startPair } from '../support/start-pair.js';
import { connectReading, finishedList } from './reading.js';

let pair: Pair;
let browser: Browser;
const count = 130;

beforeAll(async () => {
  pair = await startPair();
  browser = pair.browser();
  await browser.connect();
  for (let number = 0; number < count; number++)
    await browser.upload(
      `file ${number}`,
      { mimeType: 'text/plain', accounts: [{ accountId: 'me' }], tags: [`tag-${number % 10}`] },
      { name: `f${number}.txt` },
    );
  // In the app's own words: it knows of a delivery a moment after digi.me.
  await eventually('all of them', async () =>
    (await browser.get('/metrics')).text.includes(`pushes{state="delivered"} ${count}\n`),
  );
  await connectReading(browser);
});
afterAll(() => pair.close());

test('a list of many files is finished only when every one of them is described', async () => {
  const list = await finishedList(browser);
  expect(list.progress).toEqual({ listed: count, described: count });
  expect(list.pages).toBe(3);
  expect(list.files).toHaveLength(50);
  expect(list.choices.tag).toHaveLength(10);
  expect((await finishedList(browser, '?tag=tag-3')).total).toBe(13);
});

test('the files of every page are compared, not only those of the first', async () => {
  for (const page of [1, 2, 3]) {
    const { files } = await finishedList(browser, `?page=${page}`);
    expect(files.every(({ samePush }: { samePush?: object }) => samePush !== undefined)).toBe(true);
  }
  expect((await browser.getJson('/library?page=0')).status).toBe(400);
  expect((await finishedList(browser, '?page=99')).page).toBe(3);
});
