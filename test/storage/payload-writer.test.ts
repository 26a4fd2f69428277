import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { AppError } from '../../src/errors.js';
import { Spool } from '../../src/storage/index.js';
import { eventually } from '../support/eventually.js';

let folder: string;
let spool: Spool;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'spool-'));
  spool = new Spool(folder);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const inPieces = (bytes: Buffer, size: number) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
      bytes.subarray(n * size, (n + 1) * size),
    ),
  );

const openFiles = () =>
  readdirSync('/proc/self/fd').filter((name) => {
    try {
      return readlinkSync(`/proc/self/fd/${name}`).startsWith(spool.folder);
    } catch {
      return false;
    }
  });

const noOpenFiles = () => eventually('no open files', openFiles, (names) => names.length === 0);

async function writeAll(bytes: Buffer, piece = 10_000, maxBytes = bytes.length) {
  return spool.createWriter(maxBytes).store(inPieces(bytes, piece));
}

describe('what is written comes back', () => {
  test.each([1, 65_535, 65_536])('%d bytes stay in memory, sealed, and make no file', async (size) => {
    const bytes = randomBytes(size);
    const payload = await writeAll(bytes);
    expect(payload).toMatchObject({ size, sha256: createHash('sha256').update(bytes).digest('hex') });
    expect(payload.spoolName).toBeUndefined();
    // A byte or two are in any ciphertext by chance; what no ciphertext holds is a longer piece of the plain bytes.
    if (size >= 16) expect(payload.sealed?.includes(bytes.subarray(0, 16))).toBe(false);
    expect(payload.sealed?.equals((await writeAll(bytes)).sealed ?? bytes)).toBe(false);
    expect(readdirSync(spool.folder)).toEqual([]);
    expect((await buffer(spool.read(payload, payload.key))).equals(bytes)).toBe(true);
  });

  test.each([65_537, 131_072, 1_048_576, 3_000_001])(
    '%d bytes go to a file of a random name',
    async (size) => {
      const bytes = randomBytes(size);
      const payload = await writeAll(bytes);
      expect(payload.sealed).toBeUndefined();
      expect(readdirSync(spool.folder)).toEqual([payload.spoolName]);
      expect(statSync(join(spool.folder, payload.spoolName ?? '')).mode & 0o777).toBe(0o600);
      expect(payload.head).toEqual(bytes.subarray(0, 4100));
      expect((await buffer(spool.read(payload, payload.key))).equals(bytes)).toBe(true);
      await noOpenFiles();
    },
  );
});

test.each([100, 65_536, 200_000])('a limit of %d bytes lets exactly that many through', async (limit) => {
  expect((await writeAll(randomBytes(limit), 7000, limit)).size).toBe(limit);
  await expect(writeAll(randomBytes(limit + 1), 7000, limit)).rejects.toMatchObject({ code: 'FileTooLarge' });
  expect(readdirSync(spool.folder).filter((name) => name.endsWith('.part'))).toEqual([]);
});

test('discarded at any moment it leaves neither a file nor a descriptor', async () => {
  for (let turns = 0; turns < 60; turns++) {
    const writer = spool.createWriter(10_000_000);
    const done = writer.store(inPieces(randomBytes(1_400_000), 50_000)).catch((error: Error) => error);
    for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve));
    await writer.discard();
    await done;
    expect(readdirSync(spool.folder)).toEqual([]);
  }
  await noOpenFiles();
});

test('a spool that is gone, or a file in its place, is said to be unavailable', async () => {
  rmSync(spool.folder, { recursive: true });
  await expect(writeAll(randomBytes(100_000))).rejects.toMatchObject({ code: 'StorageUnavailable' });
  await expect(spool.probe()).rejects.toMatchObject({ code: 'ENOENT' });
  writeFileSync(spool.folder, 'a file');
  await expect(writeAll(randomBytes(100_000))).rejects.toMatchObject({ code: 'StorageUnavailable' });
  await expect(spool.probe()).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test('more than the disk has free is refused before it is written, small payloads are not', async () => {
  await expect(spool.assertRoomFor(2 ** 52)).rejects.toBeInstanceOf(AppError);
  await expect(spool.assertRoomFor(2 ** 52)).rejects.toMatchObject({ code: 'StorageFull', status: 507 });
  await expect(spool.assertRoomFor(65_536)).resolves.toBeUndefined();
});
