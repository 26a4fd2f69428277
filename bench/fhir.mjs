import {
  checkBundle,
  listExamples,
  locatePathsInJson,
  makeSchema,
  parseJsonWithPosition,
  prepareChecks,
  readStructure,
} from '../dist/fhir/index.js';

const GOAL_MS = 1;

function timeOnce(work) {
  const start = performance.now();
  work();
  return performance.now() - start;
}

/** The median of many runs, after enough of them for the compiler to have done its work. */
function medianMs(work, runs) {
  for (let run = 0; run < runs; run++) work();
  const times = Array.from({ length: runs }, () => timeOnce(work)).sort((a, b) => a - b);
  return times[Math.floor(runs / 2)];
}

/** A send of blood pressures that is at least this many bytes long when indented as a person would paste it. */
function bundleOf(bytes) {
  const [patient, reading] = listExamples()[0].bundle.entry;
  const size = JSON.stringify({ entry: [reading] }, null, 2).length;
  const readings = Array.from({ length: Math.ceil(bytes / size) }, (_, index) => ({
    ...structuredClone(reading),
    fullUrl: `urn:uuid:00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
  }));
  return { resourceType: 'Bundle', type: 'batch', entry: [patient, ...readings] };
}

const row = (what, value, rest = {}) => ({ what, value: Number(value.toPrecision(3)), unit: 'ms', ...rest });

/**
 * What checking a bundle costs. The baseline of the ratios is `JSON.parse` of the same text in the same run.
 *
 * @returns {Promise<import('./row.mjs').Row[]>}
 */
export async function benchFhir() {
  const compile = timeOnce(prepareChecks);
  const make = timeOnce(() => makeSchema(readStructure()));
  const small = bundleOf(10_000);
  const smallText = JSON.stringify(small, null, 2);
  const smallCheck = medianMs(() => checkBundle(small), 500);
  const smallParse = medianMs(() => JSON.parse(smallText), 500);
  const large = bundleOf(5 * 1024 * 1024);
  const largeText = JSON.stringify(large, null, 2);
  const largeParse = medianMs(() => JSON.parse(largeText), 3);
  const paths = Array.from({ length: 50 }, (_, index) => `entry[${index}].resource.status`);
  const ratio = (value, baseline) => `${Number((value / baseline).toPrecision(2))} × parse`;
  const largeRow = (what, work) => {
    const value = medianMs(work, 3);
    return row(`${what}, ${(largeText.length / 1024 ** 2).toFixed(1)} MiB`, value, {
      ratio: ratio(value, largeParse),
    });
  };
  return [
    row('FHIR: make the schema', make),
    row('FHIR: make and compile the schema, once at start', compile),
    row(`FHIR: check a bundle, ${(smallText.length / 1000).toFixed(1)} kB`, smallCheck, {
      ratio: ratio(smallCheck, smallParse),
      goal: `under ${GOAL_MS} ms`,
      reached: smallCheck < GOAL_MS,
    }),
    largeRow('FHIR: check a bundle', () => checkBundle(large)),
    largeRow('FHIR: parse with positions', () => parseJsonWithPosition(largeText)),
    largeRow('FHIR: locate 50 paths', () => locatePathsInJson(largeText, paths)),
  ];
}
