import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { openDatabase } from '../../src/storage/index.js';
import { eventually } from '../support/eventually.js';
import { type Pair, startPair } from '../support/start-pair.js';

let pair: Pair;
afterEach(() => pair.close());

const meta = { mimeType: 'text/plain', accounts: [{ accountId: 'me' }] };

/** The files of the data folder that hold these bytes. */
function filesWith(text: string): string[] {
  const folder = join(pair.dataDir, 'app');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => {
    const path = join(folder, name);
    // A payload may go between the look at the folder and the look into the file.
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return false;
    return readFileSync(path).includes(text);
  });
}

test('after being forgotten, nothing of a visitor is in any file, log and free pages included', async () => {
  pair = await startPair({ env: { PUSH_BACKOFF_BASE_MS: '600000', PUSH_BACKOFF_CAP_MS: '600000' } });
  const canary = `canary-${randomBytes(8).toString('hex')}`;
  const browser = pair.browser();
  const { id } = await browser.connect();
  for (let n = 0; n < 20; n++) {
    const { json } = await browser.upload(`file ${n}`, meta, { name: `${canary}-${n}.txt` });
    await browser.waitForState(json.id, ['delivered']);
  }
  pair.sandbox.control.addFault({ route: 'import', times: 10, status: 503 });
  await browser.upload(randomBytes(200_000), meta, { name: `${canary}-waiting.txt` });
  expect(filesWith(canary).length).toBeGreaterThan(0);
  expect(filesWith(id).length).toBeGreaterThan(0);
  expect((await browser.post('/forget')).json).toEqual({ forgotten: true });
  for (const text of [canary, id])
    await eventually(
      'nothing in any file',
      () => filesWith(text),
      (names) => names.length === 0,
    );
});

test('connections to an earlier digi.me are forgotten as well', async () => {
  pair = await startPair();
  const browser = pair.browser();
  await browser.connect();
  const database = await openDatabase({ dataDir: join(pair.dataDir, 'app') });
  const [row] = await database('connections');
  await database('connections').insert({ ...row, id: 'of-the-sandbox', issuer: 'https://earlier.example/' });
  await browser.post('/forget');
  const left = await database('connections').select('id');
  await database.destroy();
  expect(left).toEqual([]);
});
