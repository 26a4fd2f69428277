import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  bytesSoFar,
  openS3Store,
  type PayloadStore,
  ResumablePayload,
  type ResumableProgress,
  Spool,
} from '../../src/storage/index.js';
import { type S3Server, startS3 } from '../support/s3-server.js';

const maxBytes = 64 * 2 ** 20;
const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

/** In pieces as they come from a network. */
const pieces = (bytes: Buffer, size = 60_000) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
      bytes.subarray(n * size, (n + 1) * size),
    ),
  );

async function store(into: PayloadStore, bytes: Buffer) {
  return into.createWriter(maxBytes).store(pieces(bytes));
}

async function readBack(from: PayloadStore, payload: Awaited<ReturnType<typeof store>>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of from.read(payload, payload.key)) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

let s3: S3Server;
let folder: string;
beforeAll(async () => {
  s3 = await startS3();
  folder = await mkdtemp(join(tmpdir(), 'store-'));
});
afterAll(async () => {
  await s3.close();
  await rm(folder, { recursive: true, force: true });
});

const openBucket = (endpoint: string, prefix = '') =>
  openS3Store({ bucket: 'payloads', prefix, endpoint, region: 'us-east-1' });

describe.each<[string, () => Promise<PayloadStore>]>([
  ['a folder', async () => new Spool(folder)],
  ['a bucket', () => openBucket(s3.endpoint, 'app/payloads/')],
])('payloads in %s', (_where, open) => {
  test.each([1, 65_536, 65_537, 262_144, 262_145, 5 * 2 ** 20, 12_345_678])(
    'of %i bytes come back as they were',
    async (size) => {
      const payloads = await open();
      const bytes = randomBytes(size);
      const stored = await store(payloads, bytes);
      expect(stored).toMatchObject({ size, sha256: sha256(bytes) });
      expect((await readBack(payloads, stored)).equals(bytes)).toBe(true);
      if (stored.spoolName !== undefined) await payloads.discard(stored.spoolName);
    },
  );

  test('are listed by their names with their age until they are discarded, which may be done twice', async () => {
    const payloads = await open();
    const stored = await store(payloads, randomBytes(100_000));
    const name = stored.spoolName ?? '';
    const found = (await payloads.list(Date.now() + 60_000)).find((one) => one.name === name);
    expect(found?.ageMs).toBeGreaterThan(50_000);
    await payloads.discard(name);
    await payloads.discard(name);
    expect((await payloads.list(Date.now())).map((one) => one.name)).not.toContain(name);
    await expect(readBack(payloads, stored)).rejects.toThrow();
  });

  test('that are too large, or whose sender went away, leave nothing behind', async () => {
    const payloads = await open();
    const before = (await payloads.list(Date.now())).length;
    const tight = payloads.createWriter(6_000_000);
    await expect(tight.store(pieces(randomBytes(6_000_001)))).rejects.toMatchObject({
      code: 'FileTooLarge',
    });
    const broken = payloads.createWriter(maxBytes);
    const leaving = async function* () {
      for (let n = 0; n < 120; n++) yield randomBytes(60_000);
      throw new Error('the sender left');
    };
    await expect(broken.store(leaving())).rejects.toThrow('the sender left');
    for (const writer of [tight, broken]) await writer.discard();
    const done = payloads.createWriter(maxBytes);
    await done.store(pieces(randomBytes(100_000)));
    await done.discard();
    expect((await payloads.list(Date.now())).length).toBe(before);
  });

  test('that come in several goes are whole in the end, with one that was repeated, and leave no part', async () => {
    const payloads = await open();
    const before = (await payloads.list(Date.now())).length;
    const key = randomBytes(32);
    const name = randomUUID();
    const bytes = randomBytes(1_500_000);
    let progress: ResumableProgress = { segments: 0, tail: Buffer.alloc(0), parts: [] };
    // Nothing is handed from one go to the next but what is in the ledger and in the store.
    const begin = () =>
      new ResumablePayload(
        payloads.openSegments(name, progress.parts, progress.segments > 0),
        name,
        key,
        progress,
      );
    for (const end of [10, 200_000, 262_144, 700_000, 700_001, 1_400_000, 1_500_000]) {
      const lost = begin();
      await lost.put(bytes.subarray(lost.offset, end));
      await lost.close();
      const kept = begin();
      await kept.put(bytes.subarray(kept.offset, end));
      expect((await kept.head()).equals(bytes.subarray(0, Math.min(end, 4100)))).toBe(true);
      progress = await kept.sync();
      await kept.close();
      expect(bytesSoFar(progress)).toBe(end);
    }
    await begin().complete();
    const stored = await begin().complete();
    expect(stored).toMatchObject({ size: bytes.length, sha256: sha256(bytes) });
    expect((await readBack(payloads, stored)).equals(bytes)).toBe(true);
    for (const part of [...progress.parts, name]) await payloads.discard(part);
    expect((await payloads.list(Date.now())).length).toBe(before);
  });

  test('that come in several goes and lost what had arrived say so, and do not become whole', async () => {
    const payloads = await open();
    const [key, name] = [randomBytes(32), randomUUID()];
    const begun = new ResumablePayload(payloads.openSegments(name, [], false), name, key, {
      segments: 0,
      tail: Buffer.alloc(0),
    });
    await begun.put(randomBytes(800_000));
    const progress = await begun.sync();
    await begun.close();
    for (const part of progress.parts) await payloads.discard(part);
    const more = { ...progress, segments: progress.segments + 1 };
    const lost = new ResumablePayload(payloads.openSegments(name, more.parts, true), name, key, more);
    await expect(lost.complete()).rejects.toMatchObject({ code: 'NotFound' });
    await lost.close();
    await payloads.discard(name);
  });

  test('do not open with another key', async () => {
    const payloads = await open();
    const stored = await store(payloads, randomBytes(300_000));
    await expect(readBack(payloads, { ...stored, key: randomBytes(32) })).rejects.toThrow();
    await payloads.discard(stored.spoolName ?? '');
  });

  test('many at once come back as they were', async () => {
    const payloads = await open();
    const all = Array.from({ length: 12 }, (_, n) => randomBytes(70_000 + n * 90_000));
    const stored = await Promise.all(all.map((bytes) => store(payloads, bytes)));
    const back = await Promise.all(stored.map((payload) => readBack(payloads, payload)));
    expect(back.map(sha256)).toEqual(all.map(sha256));
    for (const { spoolName = '' } of stored) await payloads.discard(spoolName);
  });

  test('can be stored: the probe says so and leaves nothing', async () => {
    const payloads = await open();
    const before = (await payloads.list(Date.now())).length;
    await payloads.probe();
    expect((await payloads.list(Date.now())).length).toBe(before);
  });
});

describe('a bucket over a bad network', () => {
  test('that is cut in the middle of a part: the payload is refused, nothing of it stays, and the next one is taken', async () => {
    const payloads = await openBucket(s3.weakEndpoint, 'cut/');
    s3.cut(7 * 2 ** 20);
    const writer = payloads.createWriter(maxBytes);
    await expect(writer.store(pieces(randomBytes(20_000_000)))).rejects.toMatchObject({
      code: 'StorageUnavailable',
    });
    s3.mend();
    await writer.discard();
    expect(await payloads.list(Date.now())).toEqual([]);
    const bytes = randomBytes(6_000_000);
    const stored = await store(payloads, bytes);
    expect((await readBack(payloads, stored)).equals(bytes)).toBe(true);
    await payloads.discard(stored.spoolName ?? '');
  });

  test('that is away: writing and listing say so, discarding waits for the sweep, reading fails as a whole', async () => {
    const payloads = await openBucket(s3.weakEndpoint, 'away/');
    const stored = await store(payloads, randomBytes(200_000));
    s3.cut();
    await expect(store(payloads, randomBytes(200_000))).rejects.toMatchObject({ code: 'StorageUnavailable' });
    await expect(payloads.list(Date.now())).rejects.toMatchObject({ code: 'StorageUnavailable' });
    await expect(payloads.probe()).rejects.toThrow();
    await expect(readBack(payloads, stored)).rejects.toMatchObject({ code: 'StorageUnavailable' });
    await payloads.discard(stored.spoolName ?? '');
    s3.mend();
    expect((await payloads.list(Date.now())).map(({ name }) => name)).toEqual([stored.spoolName]);
    await payloads.discard(stored.spoolName ?? '');
  });
});
