import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import createKnex from 'knex';
import type { Browser } from '../../support/browser.js';
import { eventually } from '../../support/eventually.js';
import { fileMeta } from '../../support/multipart.js';
import { type Pair, startPair } from '../../support/start-pair.js';

let pair: Pair;
let browser: Browser;
beforeAll(async () => {
  const slow = { PUSH_BACKOFF_BASE_MS: '600000', PUSH_BACKOFF_CAP_MS: '600000' };
  pair = await startPair({ env: slow });
  browser = pair.browser();
  await browser.connect();
});
afterAll(() => pair.close());

/** A push that stays where it is. */
async function waitingPush(): Promise<string> {
  pair.sandbox.control.addFault({ route: 'import', times: 1, status: 503 });
  const { json } = await browser.upload('a', fileMeta);
  await eventually(
    'its first attempt',
    async () => (await browser.getJson(`/pushes/${json.id}`)).json,
    ({ state, attempts }) => state === 'queued' && attempts.length === 1,
  );
  return json.id;
}

async function follow(id: string, leave: AbortSignal): Promise<Response> {
  const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
  return fetch(new URL(`/pushes/${id}/events`, pair.app.baseUrl), { headers: { cookie }, signal: leave });
}

test('a visitor follows at most eight pushes at once; the ninth is 429 with Retry-After, and who leaves makes room', async () => {
  const id = await waitingPush();
  const leave = new AbortController();
  const answers = await Promise.all(Array.from({ length: 8 }, () => follow(id, leave.signal)));
  expect(answers.map(({ status }) => status)).toEqual(Array(8).fill(200));
  const ninth = await follow(id, leave.signal);
  expect(ninth.status).toBe(429);
  expect(Number(ninth.headers.get('retry-after'))).toBeGreaterThan(0);
  leave.abort();
  const again = new AbortController();
  await eventually('room', async () => (await follow(id, again.signal)).status === 200);
  again.abort();
});

test('a change is told at once, also when another process made it', async () => {
  const id = await waitingPush();
  const leave = new AbortController();
  const answer = await follow(id, leave.signal);
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = '';
  const readUntil = async (wanted: RegExp) => {
    while (!wanted.test(text)) {
      const { value, done } = (await reader?.read()) ?? { done: true };
      if (done) throw new Error(`the stream ended with ${text}`);
      text += value;
    }
  };
  await readUntil(/"state":"queued"/);
  // As another process on the same ledger would: nobody here is told.
  const filename = join(pair.dataDir, 'app', 'push.sqlite');
  const database = createKnex({ client: 'better-sqlite3', connection: { filename }, useNullAsDefault: true });
  await database('pushes').where({ id }).update({ state: 'cancelled', next_attempt_at: null });
  await database.destroy();
  await readUntil(/"state":"cancelled"/);
  leave.abort();
});

test('who asks for it is told how far the attempt is, and the push itself says it as well', async () => {
  const totalBytes = 24 * 2 ** 20;
  // For a minute the platform reads nothing (where it hangs it reads to the end), so that most of the file is still to be sent whenever somebody looks.
  pair.sandbox.control.addFault({ route: 'import', times: 1, delayMs: 60_000 });
  const { json } = await browser.upload(Buffer.alloc(totalBytes, 'b'), fileMeta);
  const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
  const leave = new AbortController();
  const answer = await fetch(new URL(`/pushes/${json.id}/events?progress`, pair.app.baseUrl), {
    headers: { cookie },
    signal: leave.signal,
  });
  let text = '';
  for await (const piece of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += piece;
    if (/^event: progress\ndata: \{"sentBytes":[1-9].*\}$/m.test(text)) break;
  }
  leave.abort();
  expect(text).toContain(`"totalBytes":${totalBytes}}`);
  const shown = (await browser.getJson(`/pushes/${json.id}`)).json;
  expect(shown).toMatchObject({ state: 'pushing', progress: { totalBytes } });
  expect(shown.progress.sentBytes).toBeLessThan(totalBytes);
  expect((await browser.get(`/pushes/${json.id}`)).text).toMatch(/<progress [^>]*max="25165824" value="\d+"/);
});
