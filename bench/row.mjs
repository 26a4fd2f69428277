/**
 * One line of the table of benchmarks.
 * @typedef {object} Row
 * @property {string} what What was measured.
 * @property {number} value
 * @property {string} unit
 * @property {string} [ratio] The value against a baseline of the same run.
 * @property {string} [goal] What the ratio or the value should be.
 * @property {boolean} [reached]
 */

/**
 * Runs `work` `count` times, `atOnce` at a time, and gives what one run cost.
 * @param {(index: number) => Promise<unknown>} work
 * @param {{ count: number, atOnce: number }} load
 * @returns {Promise<{ cpuMs: number, perSecond: number }>} CPU milliseconds of this process, all threads, per run
 */
export async function measure(work, { count, atOnce }) {
  let next = 0;
  const worker = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      await work(index);
    }
  };
  const cpuBefore = process.cpuUsage();
  const before = performance.now();
  await Promise.all(Array.from({ length: atOnce }, worker));
  const seconds = (performance.now() - before) / 1000;
  const { user, system } = process.cpuUsage(cpuBefore);
  return { cpuMs: (user + system) / 1000 / count, perSecond: count / seconds };
}

/**
 * The middle one, which a busy moment of the machine does not move.
 * @param {number[]} values
 * @returns {number}
 */
export function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
