import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Spool } from '../../src/storage/index.js';
import { openSegment, SegmentSealer, segmentBytes, tagBytes } from '../../src/storage/payload-cipher.js';

const folder = mkdtempSync(join(tmpdir(), 'cipher-'));
const spool = new Spool(folder);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const key = randomBytes(32);
const sealedSegment = segmentBytes + tagBytes;

function seal(plain: Buffer, cuts: number[] = []): Buffer {
  const sealer = new SegmentSealer(key);
  const edges = [0, ...cuts.map((cut) => cut % (plain.length + 1)).sort((a, b) => a - b), plain.length];
  const pieces = edges.slice(1).flatMap((edge, index) => sealer.add(plain.subarray(edges[index], edge)));
  return Buffer.concat([...pieces, ...sealer.end()]);
}

/** Reads a sealed file the way the dispatcher does. @returns what was given out, and the error that ended it */
async function read(sealed: Buffer): Promise<{ given: Buffer; error: Error | undefined }> {
  writeFileSync(join(spool.folder, 'sealed'), sealed);
  const given: Buffer[] = [];
  try {
    for await (const chunk of spool.read({ spoolName: 'sealed' }, key)) given.push(chunk as Buffer);
    return { given: Buffer.concat(given), error: undefined };
  } catch (error) {
    return { given: Buffer.concat(given), error: error as Error };
  }
}

/** Sizes at and around the edges of segments and of the blocks that are read at once (4 segments). */
const size = fc.oneof(
  fc.integer({ min: 0, max: 300 }),
  fc
    .tuple(fc.constantFrom(1, 2, 3, 4, 5, 8, 9), fc.integer({ min: -2, max: 2 }))
    .map(([segments, off]) => segments * segmentBytes + off),
);

test('what was sealed in any pieces opens to the same bytes', async () => {
  await fc.assert(
    fc.asyncProperty(size, fc.array(fc.nat(), { maxLength: 5 }), async (bytes, cuts) => {
      const plain = randomBytes(bytes);
      const { given, error } = await read(seal(plain, cuts));
      expect(error).toBeUndefined();
      expect(given.equals(plain)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

describe('a file that was changed fails, and no wrong byte is given out before', () => {
  const failsAfterTheTruth = async (plain: Buffer, changed: Buffer) => {
    const { given, error } = await read(changed);
    expect(error?.message).toMatch(/cut short|unable to authenticate/);
    expect(given.equals(plain.subarray(0, given.length))).toBe(true);
  };

  test('cut anywhere, also at the edge of a segment, also to nothing', async () => {
    await fc.assert(
      fc.asyncProperty(size, fc.double({ min: 0, max: 1, noNaN: true }), async (bytes, at) => {
        const plain = randomBytes(bytes);
        const sealed = seal(plain);
        const length = Math.min(sealed.length - 1, Math.floor(at * sealed.length));
        const atEdge = Math.floor(length / sealedSegment) * sealedSegment;
        await failsAfterTheTruth(plain, sealed.subarray(0, length));
        await failsAfterTheTruth(plain, sealed.subarray(0, atEdge));
      }),
      { numRuns: 40 },
    );
  });

  test('one bit turned over anywhere', async () => {
    await fc.assert(
      fc.asyncProperty(size, fc.nat(), fc.integer({ min: 0, max: 7 }), async (bytes, at, bit) => {
        const plain = randomBytes(bytes);
        const sealed = seal(plain);
        sealed[at % sealed.length] = (sealed[at % sealed.length] as number) ^ (1 << bit);
        await failsAfterTheTruth(plain, sealed);
      }),
      { numRuns: 40 },
    );
  });

  test('made longer by bytes, by a repeated segment or by a second file', async () => {
    const plain = randomBytes(3 * segmentBytes);
    const sealed = seal(plain);
    await failsAfterTheTruth(plain, Buffer.concat([sealed, Buffer.alloc(1)]));
    await failsAfterTheTruth(plain, Buffer.concat([sealed, sealed.subarray(-sealedSegment)]));
    await failsAfterTheTruth(plain, Buffer.concat([sealed, sealed]));
  });

  test('with two segments in each other’s place', async () => {
    const plain = randomBytes(3 * segmentBytes + 5);
    const sealed = seal(plain);
    const [a, b] = [sealed.subarray(0, sealedSegment), sealed.subarray(sealedSegment, 2 * sealedSegment)];
    await failsAfterTheTruth(plain, Buffer.concat([b, a, sealed.subarray(2 * sealedSegment)]));
  });

  test('under another key, or a segment passed off as the last one', async () => {
    const sealed = seal(randomBytes(2 * segmentBytes));
    const first = sealed.subarray(0, sealedSegment);
    expect(() => openSegment(randomBytes(32), 0, false, first)).toThrow();
    expect(() => openSegment(key, 0, true, first)).toThrow();
    expect(openSegment(key, 0, false, first)).toHaveLength(segmentBytes);
  });
});

test('equal bytes of two payloads are sealed differently, and none of them stands in the file', async () => {
  const plain = Buffer.from('a diagnosis '.repeat(10_000));
  const files = await Promise.all(
    [1, 2].map(async () => {
      const { spoolName } = await spool.createWriter(plain.length).store([plain]);
      return readFileSync(join(spool.folder, spoolName ?? ''));
    }),
  );
  expect(files[0]?.equals(files[1] as Buffer)).toBe(false);
  expect(files[0]?.includes('diagnosis')).toBe(false);
});
