import { expect, test } from '@jest/globals';
import { listExamples, readStructure } from '../../src/fhir/index.js';
import { checkStructure } from './check-resource.js';
import { damages, seededRandom, sitesOf } from './random-damage.js';
import { readExamples } from './read-examples.js';

const HOW_MANY = 3000;
const structure = readStructure();
const sendable = new Set(
  Object.keys(structure.types).filter((name) => structure.types[name]?.kind === 'resource'),
);
const documents = [
  ...readExamples(),
  ...readExamples('medmij-bgz/').filter(({ resource }) => sendable.has(String(resource.resourceType))),
  ...listExamples().map(({ id, bundle }) => ({ name: id, resource: bundle as Record<string, unknown> })),
];

function damageOnce(random: () => number) {
  const kinds = Object.entries(damages);
  for (;;) {
    const { name, resource } = documents[Math.floor(random() * documents.length)] ?? documents[0] ?? never();
    const damaged = structuredClone(resource);
    const sites = sitesOf(damaged, sendable);
    const [kind, damage] = kinds[Math.floor(random() * kinds.length)] ?? never();
    const site = sites[Math.floor(random() * sites.length)] ?? never();
    if (damage(site, random)) return { what: `${kind} at ${site.path} of ${name}`, kind, damaged };
  }
}

function never(): never {
  throw new Error('an empty list');
}

test('of 3,000 random single damages every one is refused, each kind having its turn', () => {
  const random = seededRandom(20190530);
  const done = Array.from({ length: HOW_MANY }, () => damageOnce(random));
  const accepted = done.filter(({ damaged }) => checkStructure(damaged).problems.length === 0);
  expect(accepted.map(({ what }) => what)).toEqual([]);
  expect(new Set(done.map(({ kind }) => kind)).size).toBe(Object.keys(damages).length);
});

test('a single damage is nearly always told as a single problem', () => {
  const random = seededRandom(7);
  const done = Array.from({ length: 1000 }, () => damageOnce(random));
  const single = done.filter(({ damaged }) => checkStructure(damaged).problems.length === 1);
  expect(single.length).toBeGreaterThan(950);
});
