import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from '../../support/browser.js';
import { eventually } from '../../support/eventually.js';
import {
  boundary,
  fieldPart,
  filePart,
  metaPart,
  multipart,
  multipartType,
} from '../../support/multipart.js';
import { type Pair, startPair } from '../../support/start-pair.js';

/** Bodies that are tried; the seed is printed with a failure, and can be set to repeat it. */
const count = Number(process.env.DAMAGED_BODIES ?? 2000);
const seed = Number(process.env.DAMAGED_BODIES_SEED ?? 20_261_121);

/** Small, fast and the same everywhere: mulberry32. */
function randomFrom(start: number): (below: number) => number {
  let state = start >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const good = (size: number) =>
  multipart([metaPart(), fieldPart('connection', ''), filePart(Buffer.alloc(size, 'abc\r\n--'), 'a.bin')]);

function damaged(random: (below: number) => number): Buffer {
  let body = good([0, 10, 5000, 70_000][random(4)] ?? 0);
  for (let times = random(4); times >= 0; times--) {
    // Near the structure more often than in the file's own bytes.
    const at = random(3) === 0 ? random(body.length + 1) : Math.min(body.length, random(700));
    const from = random(2) === 0 ? at : Math.max(0, body.length - random(200));
    const length = random([3, 40, 400][random(3)] ?? 3);
    const piece = body.subarray(from, from + length);
    const rest = body.subarray(from + length);
    const change = random(7);
    if (change === 0) body = Buffer.concat([body.subarray(0, from), rest]);
    else if (change === 1) body = Buffer.concat([body.subarray(0, from), piece, piece, rest]);
    else if (change === 2) body = Buffer.concat([body.subarray(0, from), Buffer.from(piece).reverse(), rest]);
    else if (change === 3) body = body.subarray(0, from);
    else if (change === 4) body = Buffer.concat([body, body.subarray(random(300))]);
    else if (change === 5) body = Buffer.concat([rest, body.subarray(0, from), piece]);
    else {
      body = Buffer.from(body);
      for (let byte = 0; byte < 3; byte++) body[random(body.length)] = random(256);
    }
    if (body.length === 0) return body;
  }
  return body;
}

const oddTypes = [
  'multipart/form-data; boundary=',
  'multipart/form-data; boundary',
  'multipart/form-data;;;boundary=x',
  'multipart/form-data; boundary=""',
  `multipart/form-data; boundary="${boundary}"`,
  `multipart/form-data; boundary=${boundary}; boundary=other`,
  `multipart/form-data; boundary=${'x'.repeat(71)}`,
  'multipart/form-data; boundary=a b',
  'multipart/form-data; boundary=\u00e9',
  ';;;boundary',
  'multipart/',
  'multipart/form-data',
  'multipart/mixed; boundary=x',
];

let pair: Pair;
let browser: Browser;
beforeAll(async () => {
  pair = await startPair({
    env: { MAX_UPLOAD_BYTES: '100000', RATE_LIMIT_UPLOADS_PER_MINUTE: '1000000' },
  });
  browser = pair.browser();
  await browser.connect();
  await browser.connect('provider');
});
afterAll(() => pair.close());

/** @returns the status, or `cut` where the connection ended without an answer */
function send(path: string, body: Buffer, type: string, cutAfter?: number): Promise<number | 'cut'> {
  const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
  return new Promise((resolve) => {
    const outgoing = request(
      new URL(path, pair.app.baseUrl),
      {
        method: 'POST',
        agent: false,
        headers: { cookie, accept: 'application/json', 'content-type': type, 'content-length': body.length },
      },
      (answer) => {
        answer.resume();
        answer.once('end', () => resolve(answer.statusCode ?? 0));
        answer.once('error', () => resolve('cut'));
      },
    );
    outgoing.once('error', () => resolve('cut'));
    if (cutAfter === undefined) outgoing.end(body);
    else outgoing.write(body.subarray(0, cutAfter), () => outgoing.destroy());
  });
}

async function expectNothingLeft(): Promise<void> {
  const { guard } = pair.app.pushService;
  await eventually(
    'free places',
    () => guard.inProgress,
    (places) => places === 0,
  );
  // What was taken in is delivered, and then its payload goes.
  await eventually(
    'an empty spool',
    () => readdirSync(join(pair.dataDir, 'app', 'spool')),
    (names) => names.length === 0,
  );
}

test(`each of ${count} damaged bodies is answered, none with 5xx, and leaves nothing behind`, async () => {
  const random = randomFrom(seed);
  const bodies = Array.from({ length: count }, () => damaged(random));
  const bad: string[] = [];
  let next = 0;
  let accepted = 0;
  const worker = async () => {
    while (next < count) {
      const number = next++;
      // Both readers of forms get them; only one of them takes such a form in.
      const path = number % 4 === 3 ? 'push/provider/check' : 'push/library';
      const status = await send(path, bodies[number] ?? Buffer.alloc(0), multipartType);
      if (status === 202) accepted++;
      else if (status === 'cut' || status >= 500) bad.push(`body ${number} of seed ${seed}: ${status}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  expect(bad).toEqual([]);
  // Some damages hurt nothing: that they are taken shows that the others are not refused for another reason.
  expect(accepted).toBeGreaterThan(count / 50);
  expect(accepted).toBeLessThan(count / 2);
  await expectNothingLeft();
}, 600_000);

test.each(['push/library', 'push/provider', 'push/provider/check'])(
  'a body for %s that ends properly and then goes on with more parts is answered, and keeps no place',
  async (path) => {
    const more = [
      Buffer.concat([multipart([metaPart()]), multipart([filePart('more')])]),
      Buffer.concat([
        multipart([metaPart(), filePart('a')]),
        Buffer.from(
          `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\nnever ends`,
        ),
      ]),
      Buffer.concat([good(70_000), good(70_000)]),
      Buffer.concat([
        multipart([fieldPart('version', 'stu3')]),
        Buffer.from(
          `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="b"\r\n\r\nnever ends`,
        ),
      ]),
    ];
    for (const body of more) {
      const status = await send(path, body, multipartType);
      expect(status).not.toBe('cut');
      expect(status).toBeLessThan(500);
    }
    await expectNothingLeft();
  },
);

test.each(['push/library', 'push/provider', 'push/provider/check'])(
  'odd content types of %s are refused with a 4xx',
  async (path) => {
    for (const type of oddTypes.filter((odd) => !/[^\u0020-\u007e]/.test(odd))) {
      const status = await send(path, good(10), type);
      expect(status === 202 ? 400 : status).toBeLessThan(500);
    }
    await expectNothingLeft();
  },
);

test('bodies that break off anywhere, for any of the routes, free their places at once', async () => {
  const random = randomFrom(seed + 1);
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      ['push/library', 'push/provider', 'push/provider/check'].map((path) => {
        const body = good(70_000);
        return send(path, body, multipartType, random(body.length - 1));
      }),
    );
  }
  await expectNothingLeft();
});
