import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { init, ServerError, TypeValidationError, type UserAccessToken } from '../../../src/digime/index.js';
import { classifyFailure } from '../../../src/push/delivery/classify-failure.js';
import { DirectSender, type PushToSend, type SendHooks } from '../../../src/push/delivery/sender.js';
import { ThreadedSender } from '../../../src/push/delivery/threaded-sender.js';
import { Spool } from '../../../src/storage/index.js';
import {
  applicationId,
  contract,
  expiredToken,
  firstToken,
  LocalPlatform,
  refuse,
  sendJson,
} from '../../digime/local-platform.js';
import { eventually } from '../../support/eventually.js';

const compiled = new URL('../../../dist/push/delivery/push-thread.js', import.meta.url);
const unsteady = new URL('./unsteady-thread.mjs', import.meta.url);
const route = 'POST permission-access/import';

/** What this thread sends, and what the other one sends, arrive at different platforms. */
let here: LocalPlatform;
let there: LocalPlatform;
let dataDir: string;
let sender: ThreadedSender;
const context = new AsyncLocalStorage<string>();
const exchanges: string[] = [];
const losses: unknown[] = [];

function createSender(file: URL): ThreadedSender {
  const sdk = init({ applicationId, baseUrl: here.baseUrl });
  return new ThreadedSender({
    direct: new DirectSender(sdk, new Spool(dataDir)),
    settings: { applicationId, baseUrl: there.baseUrl, pushTimeoutMs: 20_000, dataDir },
    onExchange: ({ call }) => exchanges.push(`${call} of ${context.getStore()}`),
    onLost: (error) => losses.push(error),
    file,
  });
}

beforeEach(async () => {
  [here, there] = await Promise.all([new LocalPlatform().start(), new LocalPlatform().start()]);
  dataDir = mkdtempSync(join(tmpdir(), 'threaded-sender-'));
  exchanges.length = 0;
  losses.length = 0;
  sender = createSender(compiled);
});
afterEach(async () => {
  const lost = losses.length;
  await sender.close();
  // To be ended is no trouble that anybody is told of.
  expect(losses).toHaveLength(lost);
  await Promise.all([here.stop(), there.stop()]);
  rmSync(dataDir, { recursive: true, force: true });
});

const small = Buffer.from('a small file');

function pushOf(changes: Partial<PushToSend> = {}): PushToSend {
  return {
    type: 'library',
    size: small.length,
    fileName: 'a.txt',
    descriptor: { mimeType: 'text/plain', accounts: [{ accountId: 'a-1' }] },
    accountId: undefined,
    providerVersion: undefined,
    contractDetails: contract.details,
    userAccessToken: firstToken(),
    payload: { key: randomBytes(32), plain: small },
    ...changes,
  };
}

const sendAtOnce = (count: number, push = pushOf(), hooks: SendHooks = {}) =>
  Promise.all(Array.from({ length: count }, () => sender.send(push, hooks)));

/** Pushes go through the other thread from now on. */
async function untilThreaded(): Promise<void> {
  await eventually('a push from the other thread', async () => {
    await sendAtOnce(4);
    return there.requests(route).length > 0;
  });
  there.seen.length = 0;
  here.seen.length = 0;
}

/** How a push ended, whatever it was. */
const outcomeOf = (push: PushToSend, hooks: SendHooks = {}) =>
  sender.send(push, hooks).then(
    (delivery) => delivery,
    (error: unknown) => error,
  );

test('sends in the thread that it is called in while little is to do, in another one when several come at once', async () => {
  for (let time = 0; time < 5; time++) expect(await sender.send(pushOf(), {})).toMatchObject({ status: 201 });
  expect(there.seen).toHaveLength(0);
  await untilThreaded();
  const deliveries = await sendAtOnce(10);
  expect(deliveries.map(({ status }) => status)).toEqual(Array(10).fill(201));
  expect(there.requests(route).map(({ body }) => body.toString())).toEqual(Array(10).fill('a small file'));
  expect(here.seen).toHaveLength(0);
});

test('sends a file of the spool from the other thread, byte for byte, and tells how far it is', async () => {
  await untilThreaded();
  const bytes = randomBytes(3 * 2 ** 20 + 7);
  const { key, size, sha256, spoolName } = await new Spool(dataDir).createWriter(size64MiB).store([bytes]);
  const told: number[] = [];
  const payload = { key, ...(spoolName && { spoolName }) };
  await sender.send(pushOf({ size, payload }), { onSent: (sentBytes) => told.push(sentBytes) });
  expect(there.requests(route)[0]?.sha256).toBe(sha256);
  expect(told.at(-1)).toBe(bytes.length);
});
const size64MiB = 64 * 2 ** 20;

test('opens a payload that only its sealed copy is left of', async () => {
  await untilThreaded();
  const { key, sealed } = await new Spool(dataDir).createWriter(1000).store([small]);
  await sender.send(pushOf({ payload: { key, ...(sealed && { sealed }) } }), {});
  expect(there.requests(route)[0]?.sha256).toBe(createHash('sha256').update(small).digest('hex'));
});

test('sends a resource for a provider digit for digit and gives its answer back', async () => {
  await untilThreaded();
  const json = '{"resourceType":"Bundle","total":1,"value":78.40}';
  const delivery = await sender.send(
    pushOf({
      ...{ type: 'provider', descriptor: undefined, accountId: '40_1', providerVersion: 'stu3' },
      ...{ size: json.length, payload: { key: randomBytes(32), plain: Buffer.from(json) } },
    }),
    {},
  );
  expect(there.seen[0]?.body.toString()).toBe(json);
  expect(delivery.body).toMatchObject({ type: 'batch-response' });
});

test('gives refusals back as the client has them, so that the same follows from them', async () => {
  await untilThreaded();
  const outcome = { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'invalid' }] };
  const answers: Parameters<LocalPlatform['script']>[1][] = [
    (_, response) => sendJson(response, 503, { error: { code: 'Busy' } }, { 'retry-after': '7' }),
    (_, response) => sendJson(response, 422, outcome),
    (_, response) => refuse(response, 511, 'ServiceAuthorizationError'),
    (_, response) => refuse(response, 401, 'SDKInvalid'),
  ];
  for (const answer of answers) {
    for (const platform of [here, there]) platform.script(route, answer);
    // What is intercepted stays in this thread.
    const direct = await outcomeOf(pushOf(), { intercept: (request) => request.send() });
    const threaded = await outcomeOf(pushOf());
    expect(threaded).toBeInstanceOf(ServerError);
    expect((threaded as Error).name).toBe((direct as Error).name);
    for (const fact of ['error', 'call', 'request', 'retryAfterMs', 'responseBody'] as const)
      expect((threaded as ServerError)[fact]).toEqual((direct as ServerError)[fact]);
    expect(classifyFailure(threaded)).toEqual(classifyFailure(direct));
  }
  expect(here.requests(route)).toHaveLength(answers.length);
  there.script(route, (request) => request.socket.destroy());
  expect(await outcomeOf(pushOf())).toMatchObject({ error: { code: 'ConnectionReset', statusCode: 0 } });
  const wrong = pushOf({ descriptor: { mimeType: '', accounts: [] } });
  expect(await outcomeOf(wrong)).toBeInstanceOf(TypeValidationError);
});

test('refreshes an expired token once for all, under the lock, and hands the new one over before it goes on', async () => {
  await untilThreaded();
  const stale = expiredToken();
  const steps: string[] = [];
  const hooks: SendHooks = {
    onAccessTokenRefresh: async (refresh, old) => {
      expect(old).toEqual(stale);
      steps.push('locked');
      const fresh = await refresh();
      steps.push('saved');
      return fresh;
    },
    onAccessTokenChange: (fresh) => void steps.push(fresh.accessToken.value),
  };
  const deliveries = await sendAtOnce(8, pushOf({ userAccessToken: stale }), hooks);
  expect(deliveries.every(({ status }) => status === 201)).toBe(true);
  expect(there.requests('POST oauth/token')).toHaveLength(1);
  expect(steps.slice(0, 2)).toEqual(['locked', 'saved']);
  expect(steps.slice(2)).toEqual(Array(8).fill([...there.validAccessTokens][0]));
});

test('a refresh that fails, in the lock or at digi.me, fails the push with that reason', async () => {
  await untilThreaded();
  const push = pushOf({ userAccessToken: expiredToken() });
  const lost = () => Promise.reject(new Error('the connection is gone'));
  expect(await outcomeOf(push, { onAccessTokenRefresh: lost })).toMatchObject({
    message: 'the connection is gone',
  });
  there.validRefreshTokens.clear();
  const seen: unknown[] = [];
  const passOn = (refresh: () => Promise<UserAccessToken>) =>
    refresh().catch((error: unknown) => {
      seen.push(error);
      throw error;
    });
  const refused = await outcomeOf(push, { onAccessTokenRefresh: passOn });
  expect(refused).toMatchObject({ error: { code: 'InvalidToken', statusCode: 401 } });
  expect(seen).toEqual([expect.any(ServerError)]);
});

test('a push that is broken off during a refresh that others wait for holds none of them up', async () => {
  await untilThreaded();
  const abort = new AbortController();
  let unlock = () => {};
  const locked = new Promise<void>((resolve) => {
    unlock = resolve;
  });
  const isAsked = new Promise<void>((resolve) => {
    const hooks: SendHooks = {
      signal: abort.signal,
      onAccessTokenRefresh: async (refresh) => {
        resolve();
        await locked;
        return refresh();
      },
    };
    void outcomeOf(pushOf({ userAccessToken: expiredToken() }), hooks).then((outcome) =>
      outcomes.push(outcome),
    );
  });
  const outcomes: unknown[] = [];
  await isAsked;
  const other = outcomeOf(pushOf({ userAccessToken: expiredToken() }));
  await eventually('both refused', () => there.requests(route).length === 2);
  abort.abort(new Error('the app is shutting down'));
  await eventually('the end of the first', () => outcomes.length === 1);
  expect(outcomes).toMatchObject([{ error: { code: 'Aborted' } }]);
  unlock();
  expect(await other).toMatchObject({ status: 201 });
});

test('tells of each exchange in the context of the call that made it', async () => {
  await untilThreaded();
  exchanges.length = 0;
  const own: string[] = [];
  await context.run('this call', () =>
    sender.send(pushOf(), { onExchange: ({ response }) => own.push(String(response?.status)) }),
  );
  expect(exchanges).toEqual(['pushData of this call']);
  expect(own).toEqual(['201']);
});

test('pushes that a thread was sending when it ended may have arrived, and the next ones go on', async () => {
  await sender.close();
  sender = createSender(unsteady);
  const outcomes = await eventually(
    'the end of a thread',
    async () => {
      const ends = await Promise.all([1, 2, 3, 4].map(() => outcomeOf(pushOf())));
      return ends.filter((end) => end instanceof Error);
    },
    (lost) => lost.length > 0,
  );
  for (const lost of outcomes) {
    expect(lost).toMatchObject({ name: 'ThreadEnded', message: 'the thread that sent it ended' });
    expect(classifyFailure(lost)).toEqual({ outcome: 'retry', possiblyArrived: true });
  }
  expect(await sender.send(pushOf(), {})).toMatchObject({ status: 201 });
});

test('a thread that cannot start is not tried again: pushes go as if there were none', async () => {
  await sender.close();
  const broken = new URL('./broken-thread.mjs', import.meta.url);
  sender = createSender(broken);
  await eventually('the end of a thread', async () => {
    await sendAtOnce(4);
    return losses.length > 0;
  });
  const deliveries = [...(await sendAtOnce(8)), ...(await sendAtOnce(8))];
  expect(deliveries.map(({ status }) => status)).toEqual(Array(16).fill(201));
  // One that had been started meanwhile would have failed before this one does.
  await once(new Worker(broken), 'error');
  expect(losses).toMatchObject([{ message: 'it cannot start' }]);
});
