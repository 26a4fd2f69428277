import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { checkBundle, messageLanguages, ruleBook } from '../../src/fhir/index.js';
import { pairs } from './rule-pairs.js';

type Json = Record<string, unknown>;

/** Puts a resource into an entry and an entry into a bundle, each complete but for what it brings itself. */
function bundleOf(part: Json): Json {
  const entry = part.resourceType === undefined ? part : { resource: part };
  const resource = entry.resource as Json | undefined;
  const needsProfile = resource && resource.resourceType !== 'Binary' && resource.meta === undefined;
  const whole = {
    request: { method: 'POST', url: resource?.resourceType ?? 'Patient' },
    ...entry,
    ...(needsProfile && { resource: { ...resource, meta: { profile: ['http://a.example'] } } }),
  };
  return JSON.parse(JSON.stringify({ resourceType: 'Bundle', type: 'batch', entry: [whole] }));
}

describe.each(pairs.map(([rule, broken, legal], index) => ({ rule, broken, legal, index })))(
  '$rule ($index)',
  ({ rule, broken, legal }) => {
    test('is told of what breaks it, with its level', () => {
      const found = checkBundle(bundleOf(broken)).problems.filter((problem) => problem.rule === rule);
      expect(found).toHaveLength(1);
      const { level, source } = ruleBook[rule];
      expect(found[0]).toMatchObject({ severity: level === 'warning' ? 'warning' : 'error', source });
      expect(found[0]?.overridable).toBe(level === 'error' ? true : undefined);
    });

    test('is not told of what looks similar and is legal, nor is anything else wrong with that', () => {
      const { problems } = checkBundle(bundleOf(legal));
      expect(problems.filter(({ severity, rule: other }) => severity === 'error' || other === rule)).toEqual(
        [],
      );
    });
  },
);

const invariants = JSON.parse(
  readFileSync(new URL('./stu3-invariants.json', import.meta.url), 'utf8'),
) as Record<string, unknown>;
/** Checked with the structure: every object has content; an extension has a value or extensions; the narrative is XHTML. */
const inStructure = ['ele-1', 'ext-1', 'txt-1', 'txt-2', 'bdl-5'];
/** About documents, which are no send: `bundle-type` refuses them. */
const notOfASend = ['bdl-9'];

test('every invariant that HL7 lists for these types is implemented', () => {
  const missing = Object.keys(invariants).filter(
    (key) => !(key in ruleBook) && ![...inStructure, ...notOfASend].includes(key),
  );
  expect(missing).toEqual([]);
  expect(Object.keys(invariants).length).toBeGreaterThan(50);
});

test('every rule has its words in both languages, with the same places to fill', () => {
  const [en, nl] = messageLanguages.map(
    (language) =>
      JSON.parse(
        readFileSync(new URL(`../../src/fhir/explain/words/${language}.json`, import.meta.url), 'utf8'),
      ) as Record<string, string>,
  );
  expect(Object.keys(ruleBook).filter((rule) => en?.[rule] === undefined)).toEqual([]);
  expect(Object.keys(nl ?? {}).sort()).toEqual(Object.keys(en ?? {}).sort());
  const places = (sentence = '') => [...sentence.matchAll(/\{\w+\}/g)].map(([place]) => place).sort();
  for (const [key, sentence] of Object.entries(en ?? {})) {
    expect([key, places(nl?.[key])]).toEqual([key, places(sentence)]);
  }
});

test('a message in Dutch says the same place', () => {
  const bundle = bundleOf({ resourceType: 'Patient', birthDate: '2019-02-30' });
  const [problem] = checkBundle(bundle, 'nl').problems;
  expect(problem).toMatchObject({
    path: 'entry[0].resource.birthDate',
    message: expect.stringContaining('een datum die bestaat'),
  });
});

test('docs/fhir.md lists every rule with its source', () => {
  const page = readFileSync(new URL('../../docs/fhir.md', import.meta.url), 'utf8');
  const missing = Object.entries(ruleBook).filter(
    ([rule, { source }]) => !page.includes(`<a id="${rule}"></a>`) || !page.includes(source),
  );
  expect(missing).toEqual([]);
});
