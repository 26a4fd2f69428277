import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inTurns, withServer, worksAgainst } from './client.mjs';
import { median } from './row.mjs';

/**
 * `node bench/client-paired.mjs BEFORE AFTER`: two builds of the client (folders like `dist/`) in the same rounds of one run,
 * in turns, and how often the second was the cheaper one.
 */
const [before = '', after = ''] = process.argv.slice(2);
const rounds = 25;
const initOf = async (folder) =>
  (await import(pathToFileURL(join(resolve(folder), 'digime/index.js')).href)).init;
const measured = await withServer(async (port) => {
  const [old, own] = [worksAgainst(await initOf(before), port), worksAgainst(await initOf(after), port)];
  const { oneSignature, signedPost, twoSignatures, sameDescriptor, newDescriptor } = own;
  const { sameDescriptor: sameBefore, newDescriptor: newBefore } = old;
  const pairs = { sameBefore, sameDescriptor, newBefore, newDescriptor };
  return inTurns({ oneSignature, signedPost, twoSignatures, ...pairs }, rounds);
});
const say = (what, name, signatures, other) => {
  const against = (baseline) =>
    measured[name].map(({ cpuMs }, round) => cpuMs / measured[baseline][round].cpuMs);
  const wins = other ? `, cheaper in ${against(other).filter((ratio) => ratio < 1).length} of ${rounds}` : '';
  const cpu = median(measured[name].map(({ cpuMs }) => cpuMs)).toFixed(3);
  console.log(
    `${what.padEnd(28)} ${cpu} ms CPU, ${median(against(signatures)).toFixed(3)} × ${signatures}${wins}`,
  );
};
say('signature, then post', 'signedPost', 'oneSignature');
say('same descriptor, before', 'sameBefore', 'oneSignature');
say('same descriptor, after', 'sameDescriptor', 'oneSignature', 'sameBefore');
say('new descriptor, before', 'newBefore', 'twoSignatures');
say('new descriptor, after', 'newDescriptor', 'twoSignatures', 'newBefore');
process.exit(0);
