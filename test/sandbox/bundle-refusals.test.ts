import { expect, test } from '@jest/globals';
import { brokenBatch, weightEntry } from './bundles.js';
import { withProvider } from './provider-client.js';
import { expectRefusal } from './refusal-checks.js';

const provider = withProvider();

const atPatient = 'entry.0.resource';
const atWeight = 'entry.1.resource';
const atBundle = 'entry.2.resource';

const cases: [name: string, changes: Record<string, unknown>, place: string, message: RegExp][] = [
  ['that is a collection', { type: 'collection' }, 'type', /batch or transaction/],
  ['without entries', { entry: [] }, 'entry', /at least one/],
  ['with an entry that is null', { 'entry.0': null }, 'entry[0]', /object/],
  ['that is no Bundle', { resourceType: 'Patient' }, '', /one Bundle/],
  ['with an entry without request', { 'entry.1.request': undefined }, 'entry[1].request', /missing/],
  ['that reads', { 'entry.1.request.method': 'GET' }, 'entry[1].request.method', /POST or PUT/],
  [
    'with the url of another type',
    { 'entry.1.request.url': 'Patient' },
    'entry[1].request.url',
    /must be Observation/,
  ],
  ['with an entry without resource', { 'entry.1.resource': undefined }, 'entry[1].resource', /missing/],
  [
    'with a type that no push carries',
    { [`${atPatient}.resourceType`]: 'Encounter' },
    'entry[0].resource.resourceType',
    /must be one of/,
  ],
  ['without a profile', { [`${atPatient}.meta`]: undefined }, 'entry[0].resource.meta.profile', /profile/],
  [
    'with a reference without display',
    { [`${atWeight}.subject.display`]: undefined },
    'entry[1].resource.subject',
    /display/,
  ],
  [
    'with a code without display and text',
    { [`${atWeight}.code.coding.0.display`]: undefined },
    'entry[1].resource.code',
    /display in a coding, or text/,
  ],
  [
    'with a coding without system',
    { [`${atWeight}.code.coding.0.system`]: undefined },
    'entry[1].resource.code.coding[0]',
    /needs system/,
  ],
  [
    'with a coding without code',
    { [`${atWeight}.code.coding.0.code`]: undefined },
    'entry[1].resource.code.coding[0]',
    /needs code/,
  ],
  [
    'with an identifier without value',
    { [`${atPatient}.identifier.0`]: { system: 'urn:x' } },
    'entry[0].resource.identifier[0]',
    /needs value/,
  ],
  [
    'with an identifier without system and type',
    { [`${atPatient}.identifier.0`]: { value: '1' } },
    'entry[0].resource.identifier[0]',
    /needs system/,
  ],
  [
    'with a citizen number in clear',
    { [`${atPatient}.identifier.0.value`]: '999900006' },
    'entry[0].resource.identifier[0]',
    /never sent in clear/,
  ],
  ['with a fullUrl of another scheme', { 'entry.0.fullUrl': 'ftp://x/1' }, 'entry[0].fullUrl', /urn:uuid:/],
  ['with a fullUrl twice', { 'entry.2.fullUrl': weightEntry.fullUrl }, 'entry[2].fullUrl', /earlier entry/],
  [
    'with a fullUrl that disagrees with the id',
    { 'entry.0.fullUrl': 'http://a/Patient/1', [`${atPatient}.id`]: '2' },
    'entry[0].fullUrl',
    /Patient\/2/,
  ],
  [
    'with a PUT without id',
    { 'entry.0.request': { method: 'PUT', url: 'Patient/1' } },
    'entry[0].resource.id',
    /a PUT has one/,
  ],
  [
    'with a vital sign without category',
    { [`${atWeight}.category`]: undefined },
    'entry[1].resource.category',
    /missing/,
  ],
  [
    'with a vital sign without effective[x]',
    { [`${atWeight}.effectiveDateTime`]: undefined },
    'entry[1].resource.effective',
    /missing/,
  ],
  [
    'with a weight without quantity',
    { [`${atWeight}.valueQuantity`]: undefined },
    'entry[1].resource.valueQuantity',
    /missing/,
  ],
  [
    'with a quantity in no UCUM unit',
    { [`${atWeight}.valueQuantity.system`]: 'kilos' },
    'entry[1].resource.valueQuantity.system',
    /unitsofmeasure/,
  ],
  [
    'with a quantity that is text',
    { [`${atWeight}.valueQuantity.value`]: '72' },
    'entry[1].resource.valueQuantity.value',
    /number/,
  ],
  [
    'with a pressure without diastolic',
    { [`${atBundle}.component.length`]: 1 },
    'entry[2].resource.component',
    /diastolic/,
  ],
  [
    'with a pressure in kPa',
    { [`${atBundle}.component.0.valueQuantity.code`]: 'kPa' },
    'entry[2].resource.component[0].valueQuantity.code',
    /mm\[Hg\]/,
  ],
  [
    'with a pressure of another code',
    { [`${atBundle}.code.coding.0.code`]: '1-1' },
    'entry[2].resource.code',
    /85354-9/,
  ],
];

test.each(cases)(
  'a receiver refuses a bundle %s, with 422 and the place',
  async (_name, changes, place, message) => {
    const expression = [place ? `Bundle.${place}` : 'Bundle'];
    let issues: unknown[] = [];
    await expectRefusal(
      provider,
      async () => {
        const answer = await provider.send(brokenBatch(changes));
        expect(answer.json.resourceType).toBe('OperationOutcome');
        issues = answer.json.issue;
        return answer;
      },
      { status: 422, code: 'InvalidResource', message: 'the provider refuses this bundle' },
    );
    const diagnostics = expect.stringMatching(message);
    expect(issues).toContainEqual({ severity: 'error', code: 'invalid', diagnostics, expression });
  },
);

test('a receiver lists every problem of a bundle at once', async () => {
  const { json } = await provider.send(
    brokenBatch({
      [`${atPatient}.meta`]: undefined,
      [`${atWeight}.category`]: undefined,
      'entry.2.request.method': 'DELETE',
    }),
  );
  expect(json.issue).toHaveLength(3);
  expect(json.error.message).toContain('(and 2 more)');
});
