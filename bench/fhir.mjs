import {
  checkBundle,
  checkText,
  listExamples,
  locatePathsInJson,
  makeSchema,
  parseJsonWithPosition,
  prepareChecks,
  readStructure,
} from '../dist/fhir/index.js';

const goalMs = 1;
/** Time over size on double-logarithmic axes: 1 is linear, 2 quadratic. */
const goalSlope = 1.25;
const sizes = [10_000, 50_000, 250_000, 1_000_000, 5_000_000];

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

const uuid = (index) => `urn:uuid:00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
const exampleOf = (id) => listExamples().find((example) => example.id === id).bundle;

/** As many of these entries, each with a fullUrl of its own, as make the text about `bytes` long. */
function repeated(bytes, type, first, entries) {
  const size = JSON.stringify(entries).length;
  const many = Array.from({ length: Math.max(1, Math.round(bytes / size)) }, (_, index) =>
    entries.map((entry, at) => ({ ...entry, fullUrl: uuid(index * entries.length + at) })),
  ).flat();
  return JSON.stringify({ resourceType: 'Bundle', type, entry: [...first, ...many] });
}

/** Bundles that people send, and ones that are made to cost as much as they can. */
const shapes = {
  'blood pressures': (bytes) => {
    const [patient, reading] = exampleOf('blood-pressure').entry;
    return repeated(bytes, 'batch', [patient], [reading]);
  },
  'tasks with answers': (bytes) => {
    const [task, response] = exampleOf('questionnaire').entry;
    const { output: _, ...withoutOutput } = task.resource;
    return repeated(bytes, 'transaction', [], [{ ...task, resource: withoutOutput }, response]);
  },
  'a narrative of attributes': (bytes) => {
    const [patient] = exampleOf('weight').entry;
    const attributes = Array.from({ length: bytes / 10 }, (_, index) => ` a${index}=""`).join('');
    const div = `<div xmlns="http://www.w3.org/1999/xhtml"><p${attributes.slice(0, 1_000_000)}>x</p></div>`;
    const divs = Array.from({ length: Math.ceil(bytes / 1_000_000) }, (_, index) => ({
      ...patient,
      fullUrl: uuid(index),
      resource: { ...patient.resource, text: { status: 'generated', div } },
    }));
    return JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry: divs });
  },
  'contained resources': (bytes) => {
    const [patient] = exampleOf('weight').entry;
    const count = Math.round(bytes / 150);
    const contained = Array.from({ length: count }, (_, index) => ({
      resourceType: 'Organization',
      id: `o${index}`,
      name: 'x',
    }));
    const link = contained.map(({ id }) => ({ reference: `#${id}`, display: 'x' }));
    const resource = { ...patient.resource, contained, generalPractitioner: link };
    return JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry: [{ ...patient, resource }] });
  },
};

const row = (what, value, rest = {}) => ({ what, value: Number(value.toPrecision(3)), unit: 'ms', ...rest });

/** The check's time against the size of the text, and the slope of a line through the logarithms. */
function slopeRows(shape, make) {
  const points = sizes.map((bytes) => {
    const text = make(bytes);
    const value = medianMs(() => checkText(text), bytes > 500_000 ? 2 : 5);
    return { bytes: text.length, value };
  });
  // The first size is too quick to measure well beside the others.
  const logs = points.slice(1).map(({ bytes, value }) => [Math.log(bytes), Math.log(value)]);
  const mean = (at) => logs.reduce((sum, point) => sum + point[at], 0) / logs.length;
  const [x, y] = [mean(0), mean(1)];
  const slope =
    logs.reduce((sum, [a, b]) => sum + (a - x) * (b - y), 0) /
    logs.reduce((sum, [a]) => sum + (a - x) ** 2, 0);
  return [
    ...points.map(({ bytes, value }) => row(`FHIR: check ${shape}, ${(bytes / 1000).toFixed(0)} kB`, value)),
    {
      what: `FHIR: slope over ${shape}`,
      value: Number(slope.toPrecision(3)),
      unit: '',
      goal: `under ${goalSlope}`,
      reached: slope < goalSlope,
    },
  ];
}

/**
 * What checking a bundle costs. The baseline of the ratios is `JSON.parse` of the same text in the same run.
 *
 * @returns {Promise<import('./row.mjs').Row[]>}
 */
export async function benchFhir() {
  const compile = timeOnce(prepareChecks);
  const make = timeOnce(() => makeSchema(readStructure()));
  const smallText = shapes['blood pressures'](10_000);
  const small = JSON.parse(smallText);
  const smallCheck = medianMs(() => checkBundle(small), 500);
  const smallParse = medianMs(() => JSON.parse(smallText), 500);
  const largeText = shapes['blood pressures'](5_000_000);
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
      goal: `under ${goalMs} ms`,
      reached: smallCheck < goalMs,
    }),
    largeRow('FHIR: parse with positions', () => parseJsonWithPosition(largeText)),
    largeRow('FHIR: locate 50 paths', () => locatePathsInJson(largeText, paths)),
    ...Object.entries(shapes).flatMap(([shape, makeText]) => slopeRows(shape, makeText)),
  ];
}
