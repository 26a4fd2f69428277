import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.js';
import type { ChildApp } from '../support/child-app.js';
import { type Cluster, startCluster } from '../support/cluster.js';
import { eventually } from '../support/eventually.js';
import { fileMeta } from '../support/multipart.js';
import { type Postgres, startPostgres } from '../support/postgres.js';
import { type S3Server, startS3 } from '../support/s3-server.js';

/* The studio's page is open at the first instance, calls are made at the second, the person decides at the third. */

let postgres: Postgres;
let s3: S3Server;
let cluster: Cluster;
beforeAll(async () => {
  [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
  cluster = await startCluster({ databaseUrl: await postgres.newDatabase(), s3 });
}, 180_000);
afterAll(async () => {
  await cluster?.close();
  await s3?.close();
  await postgres?.remove();
});

const use = (...instances: number[]) =>
  cluster.proxy.use(instances.map((n) => (cluster.instances[n] as ChildApp).port));
beforeEach(() => use(0, 1, 2));

type Held = {
  id: string;
  round: number;
  call: string;
  refusal?: { code: string };
};

interface State {
  readonly held: string[];
  readonly isPausing: boolean;
}

/** Opens the studio at the first instance. @returns what its page was told last, and how to close it */
async function openStudio(browser: Browser): Promise<{ last: () => State; close: () => void }> {
  use(0);
  expect((await browser.get('/studio')).status).toBe(200);
  const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
  const stop = new AbortController();
  const response = await fetch(new URL('/studio/events', cluster.proxy.baseUrl), {
    headers: { cookie },
    signal: stop.signal,
  });
  const told: State[] = [];
  const read = async () => {
    let text = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      text += decoder.decode(chunk as Uint8Array, { stream: true });
      const ended = text.lastIndexOf('\n\n');
      for (const [, json] of text.slice(0, ended + 1).matchAll(/^data: (.*)$/gm))
        told.push(JSON.parse(json as string));
      text = text.slice(Math.max(0, ended));
    }
  };
  read().catch(() => {});
  await eventually('the first state', () => told.length > 0);
  return { last: () => told.at(-1) as State, close: () => stop.abort() };
}

const heldIn = async (browser: Browser): Promise<Held[]> => (await browser.getJson('/studio')).json.held;
const nextHeld = async (browser: Browser, round = 1): Promise<Held> =>
  (await eventually('a held call', async () =>
    (await heldIn(browser)).find((held) => held.round === round),
  )) as Held;

/** Begins an authorization at the second instance, which makes a call to digi.me. */
function startAtSecond(browser: Browser) {
  use(1);
  const answer = browser.post('/authorize');
  answer.catch(() => {});
  return answer;
}

test('a call that another instance makes is held, shown at every one, and decided about at a third', async () => {
  const browser = cluster.browser();
  const studio = await openStudio(browser);
  const started = startAtSecond(browser);
  const held = await nextHeld(browser);
  expect(held.call).toBe('getAuthorizeUrl');
  for (const instance of [0, 1, 2]) {
    use(instance);
    expect(await heldIn(browser)).toEqual([held]);
    expect((await browser.get('/studio/held', { accept: 'text/html' })).text).toContain(held.id);
  }
  await eventually('the page to be told', () => studio.last().held.includes(`${held.id} 1`));

  await browser.post(`/studio/calls/${held.id}`, {
    ...{ action: 'send', 'claim.redirect_uri': 'https://elsewhere.example/return' },
  });
  const refused = await nextHeld(browser, 2);
  expect(refused.refusal).toMatchObject({ code: 'InvalidRedirectUri' });
  expect((await browser.post(`/studio/calls/${held.id}`, { action: 'send' })).status).toBe(303);
  expect(await heldIn(browser)).toEqual([]);
  expect((await started).headers.get('location')).toContain('/apps/saas/authorize');
  await eventually('the page to be told', () => studio.last().held.length === 0);
  studio.close();
});

test('a file is changed on its way, and nobody else’s calls are held, seen or decided about', async () => {
  const [browser, other] = [cluster.browser(), cluster.browser()];
  for (const person of [browser, other]) await person.connect();
  const studio = await openStudio(browser);
  use(1);
  const accepted = await browser.upload(
    'as it was',
    { ...fileMeta, mimeType: 'text/plain' },
    { name: 'a.txt' },
  );
  use(2);
  const held = await nextHeld(browser);
  expect(await heldIn(other)).toEqual([]);
  expect((await other.post(`/studio/calls/${held.id}`, { action: 'withhold' })).status).toBe(404);
  use(1);
  const theirs = await other.upload('theirs', fileMeta);
  await other.waitForState(theirs.json.id, ['delivered']);
  use(2);
  const changed = 'as it is — ünïcode';
  await browser.post(`/studio/calls/${held.id}`, { action: 'send', body: changed });
  await browser.waitForState(accepted.json.id, ['delivered']);
  const sizes = cluster.sandbox.control.library().files.map(({ size }) => size);
  expect(sizes).toContain(Buffer.byteLength(changed));
  studio.close();
});

test('pausing is switched for all instances, and what is held goes on when it ends or the page is closed', async () => {
  const browser = cluster.browser();
  const studio = await openStudio(browser);
  const first = startAtSecond(browser);
  await nextHeld(browser);
  use(2);
  expect((await browser.post('/studio/pause', { on: 'no' })).json ?? {}).not.toHaveProperty('error');
  expect((await first).status).toBe(303);
  for (const instance of [0, 1, 2]) {
    use(instance);
    expect((await browser.getJson('/studio')).json.isPausing).toBe(false);
  }
  await eventually('the page to be told', () => !studio.last().isPausing);
  expect((await startAtSecond(browser)).status).toBe(303);

  use(2);
  await browser.post('/studio/pause', { on: 'yes' });
  const second = startAtSecond(browser);
  await nextHeld(browser);
  studio.close();
  expect((await second).status).toBe(303);
  expect(await heldIn(browser)).toEqual([]);
});

test('a call that an instance held when it was killed can be decided about no more, and is gone', async () => {
  const browser = cluster.browser();
  const studio = await openStudio(browser);
  const lost = startAtSecond(browser).catch(() => 'cut');
  const held = await nextHeld(browser);
  await cluster.instances[1]?.end('SIGKILL');
  await lost;
  use(2);
  expect(await heldIn(browser)).toMatchObject([{ id: held.id }]);
  expect((await browser.post(`/studio/calls/${held.id}`, { action: 'send' })).status).toBe(404);
  for (const instance of [0, 2]) {
    use(instance);
    expect(await heldIn(browser)).toEqual([]);
  }
  await eventually('the page to be told', () => studio.last().held.length === 0);
  studio.close();
});
