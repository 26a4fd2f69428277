import { existsSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { checkText } from '../../../src/push/provider/provider-check.js';
import { ResourceChecker } from '../../../src/push/provider/provider-checker.js';
import { bundleFileName } from '../../../src/push/provider/provider-file-name.js';
import { type Bundle, brokenBundle, bundleOfSize, exampleBundle } from './provider-requests.js';

const asker = { visitor: 'somebody' };
const request = (text: string) => ({ text, language: 'en' as const, forSending: true });
const compiled = new URL('../../../dist/push/provider/provider-check-thread.js', import.meta.url);

/** The blood pressure with `count` readings. */
function readings(count: number): Bundle {
  const bundle = exampleBundle();
  const [patient, reading] = bundle.entry;
  bundle.entry = [patient];
  for (let index = 0; index < count; index++) {
    const fullUrl = `urn:uuid:b3a9d2f4-61c8-4e0d-8f5b-${String(index).padStart(12, '0')}`;
    bundle.entry.push({ ...structuredClone(reading), fullUrl });
  }
  return bundle;
}

test('long texts are checked in the thread of the build, with the same outcome, while others are answered', async () => {
  // `npm test` builds first; without a build there is no thread to try.
  expect(existsSync(compiled)).toBe(true);
  const checker = new ResourceChecker(compiled);
  const long = JSON.stringify(readings(1500), null, 2);
  const wrong = long.replace('"status": "final"', '"status": "done"');
  let turns = 0;
  const turning = setInterval(() => turns++, 1);
  const [good, bad, short] = await Promise.all([
    checker.check(request(long), asker),
    checker.check(request(wrong), asker),
    checker.check(request(JSON.stringify(brokenBundle().bundle)), asker),
  ]);
  clearInterval(turning);
  // Checked in place, both would have been one single turn.
  expect(turns).toBeGreaterThan(3);
  expect(good).toEqual(checkText(request(long)));
  expect(bad.problems).toMatchObject([{ path: 'entry[1].resource.status', line: 60 }]);
  expect(short.problems[0]?.path).toBe(brokenBundle().path);
});

test('without a build all is checked in place', async () => {
  const checker = new ResourceChecker(new URL('./none.js', import.meta.url));
  const { payload } = await checker.check(request(JSON.stringify(bundleOfSize(200_000))), asker);
  expect(Buffer.byteLength(payload?.json ?? '')).toBe(200_000);
});

test('a name of a file says what a bundle is about, and nothing of whom', () => {
  expect(bundleFileName(exampleBundle())).toBe('bundle-blood-pressure.json');
  const patientOnly = exampleBundle();
  patientOnly.entry.splice(1);
  expect(bundleFileName(patientOnly)).toBe('bundle-patient.json');
  expect(bundleFileName({ entry: [{ resource: { resourceType: '../../x' } }] })).toBe('bundle.json');
  expect(bundleFileName(undefined)).toBe('bundle.json');
});

/** A thread that breaks, hangs or runs out of memory where its text says so, and answers the others. */
const unsteady = new URL('./unsteady-thread.mjs', import.meta.url);
const limits = { deadlineMs: 60_000, maxHeapMb: 64, maxPerVisitor: 3, maxWaiting: 5 };

test.each(['break', 'hang', 'fill'])('a text that makes the thread %s fails alone', async (what) => {
  // What answers at all does so within the deadline, on a busy machine as well; the thread begins anew for each.
  const checker = new ResourceChecker(unsteady, { ...limits, ...(what === 'hang' && { deadlineMs: 8000 }) });
  const texts = ['one', what, 'two', 'three'];
  const ended = await Promise.allSettled(
    texts.map((text, index) => checker.check(request(text), { visitor: `visitor ${index}` })),
  );
  expect(ended.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(ended[1]).toMatchObject({ reason: { code: 'ProviderResourceInvalid' } });
});

test('one visitor has a bounded share of what waits, and all together too', async () => {
  const checker = new ResourceChecker(unsteady, limits);
  const mine = Array.from({ length: 5 }, () => checker.check(request('one'), asker));
  const others = Array.from({ length: 6 }, (_, index) =>
    checker.check(request('one'), { visitor: `visitor ${index}` }),
  );
  const codes = (ended: PromiseSettledResult<unknown>[]) =>
    ended.map((end) => (end.status === 'rejected' ? end.reason.code : 'ok'));
  expect(codes(await Promise.allSettled(mine))).toEqual([
    'ok',
    'ok',
    'ok',
    'TooManyRequests',
    'TooManyRequests',
  ]);
  expect(codes(await Promise.allSettled(others))).toEqual([
    'ok',
    'ok',
    'ok',
    'TooManyUploads',
    'TooManyUploads',
    'TooManyUploads',
  ]);
});

test('what nobody waits for any more makes room', async () => {
  const checker = new ResourceChecker(unsteady, limits);
  const left = new AbortController();
  const hanging = checker.check(request('hang'), { visitor: 'a', signal: left.signal });
  const waiting = checker.check(request('one'), { visitor: 'b', signal: left.signal });
  const staying = checker.check(request('two'), { visitor: 'c' });
  left.abort();
  await expect(hanging).rejects.toMatchObject({ code: 'UploadAborted' });
  await expect(waiting).rejects.toMatchObject({ code: 'UploadAborted' });
  await expect(staying).resolves.toMatchObject({ verdict: 'ready' });
});
