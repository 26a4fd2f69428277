import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readProviderAnswer } from '../../../src/push/delivery/provider-answer.js';
import type { Browser } from '../../support/browser.js';
import { type Pair, startPair } from '../../support/start-pair.js';
import { asPage, connectProvider, exampleBundle, pushJson } from '../provider/provider-requests.js';

const issue = (severity: string, diagnostics: string, expression?: string) => ({
  severity,
  code: 'invalid',
  diagnostics,
  ...(expression && { expression: [expression] }),
});
const outcome = (...issues: object[]) => ({ resourceType: 'OperationOutcome', issue: issues });
const batch = (...responses: object[]) => ({
  resourceType: 'Bundle',
  type: 'batch-response',
  entry: responses.map((response) => ({ response })),
});

describe('an answer is read', () => {
  test('entry by entry', () => {
    const refusal = outcome(issue('error', 'no such code', 'Observation.code'));
    expect(
      readProviderAnswer(
        batch(
          { status: '201 Created', location: 'Patient/1' },
          { status: '422', outcome: refusal },
          { status: '200', outcome: outcome(issue('warning', 'an id of your own')) },
          {},
        ),
      ),
    ).toEqual({
      entries: [
        { index: 0, status: '201 Created', outcome: 'accepted', location: 'Patient/1', issues: [] },
        {
          index: 1,
          status: '422',
          outcome: 'refused',
          issues: [{ severity: 'error', message: 'no such code', place: 'Observation.code' }],
        },
        {
          index: 2,
          status: '200',
          outcome: 'accepted',
          issues: [{ severity: 'warning', message: 'an id of your own' }],
        },
        { index: 3, status: '', outcome: 'unknown', issues: [] },
      ],
      entryCount: 4,
      refusedCount: 1,
      issues: [],
      hasRefusals: true,
      refusedAll: false,
    });
  });

  test('as a whole, where it is an OperationOutcome', () => {
    expect(readProviderAnswer(outcome(issue('fatal', 'no')))).toMatchObject({
      hasRefusals: true,
      issues: [{ severity: 'fatal', message: 'no' }],
    });
    expect(readProviderAnswer(outcome(issue('information', 'fine')))).toMatchObject({ hasRefusals: false });
  });

  test.each([[undefined], [null], ['text'], [[]], [{ status: 'delivered' }], [{ resourceType: 7 }]])(
    'not at all where it is no FHIR: %j',
    (response) => expect(readProviderAnswer(response)).toBeUndefined(),
  );

  test('without trust in its shape', () => {
    const strange = {
      resourceType: 'Bundle',
      entry: [null, 7, { response: [] }, { response: { status: 201 } }],
    };
    expect(readProviderAnswer(strange)?.entries).toMatchObject([{ status: '' }, { status: '' }]);
    expect(readProviderAnswer({ resourceType: 'OperationOutcome', issue: 'x' })?.issues).toEqual([]);
  });

  test('in bounded length, the refused entries kept', () => {
    const many = batch(...Array.from({ length: 1000 }, () => ({ status: '201' })), { status: '400' });
    const answer = readProviderAnswer(many);
    expect(answer).toMatchObject({ entryCount: 1001, refusedCount: 1 });
    expect(answer?.entries).toHaveLength(200);
    expect(answer?.entries.at(-1)).toMatchObject({ index: 1000, outcome: 'refused' });
  });
});

describe('on the page of a push', () => {
  let pair: Pair;
  let browser: Browser;

  beforeAll(async () => {
    pair = await startPair();
    browser = pair.browser();
    await connectProvider(browser);
  });
  afterAll(() => pair.close());

  async function pushAnswered(status: number, body: object | string, headers?: Record<string, string>) {
    pair.sandbox.control.clearRequests();
    pair.sandbox.control.addFault({
      route: 'provider-import',
      times: 1,
      status,
      body,
      ...(headers && { headers }),
    });
    const { json } = await pushJson(browser, { version: 'stu3', resource: exampleBundle() });
    const push = await browser.waitForState(json.id, ['delivered', 'failed']);
    return { push, page: await browser.get(`/pushes/${json.id}`, asPage) };
  }

  test('a refused entry is said clearly, although the push was delivered', async () => {
    const refusal = outcome(issue('error', 'unknown <patient>', 'Bundle.entry[1]'));
    const body = batch({ status: '201 Created' }, { status: '404 Not Found', outcome: refusal });
    const { push, page } = await pushAnswered(200, body);
    expect(push).toMatchObject({ state: 'delivered', response: body, answer: { refusedCount: 1 } });
    expect(page.text).toContain('The provider refused 1 of 2 entries.');
    expect(page.text).toContain('not all of it was taken');
    expect(page.text).not.toContain('The provider confirmed that the record has arrived');
    expect(page.text).toContain('but what was refused is not at the provider');
    expect(page.text).toContain('unknown &lt;patient&gt;');
  });

  test('an OperationOutcome of a refusal is shown with its places', async () => {
    const error = { code: 'InvalidResource', message: 'refused', reference: 'r1' };
    const { push, page } = await pushAnswered(422, {
      error,
      ...outcome(issue('error', 'must have a display', 'Bundle.entry[1].resource.subject')),
    });
    expect(push).toMatchObject({ state: 'failed', lastError: { code: 'InvalidResource' } });
    expect(page.text).toContain('must have a display');
    expect(page.text).toContain('Bundle.entry[1].resource.subject');
  });

  test.each<[string, object]>([
    ['every entry was refused', batch({ status: '400' }, { status: '422 Unprocessable Entity' })],
    ['an OperationOutcome refuses the whole', outcome(issue('error', 'no'))],
  ])('nothing was taken where %s, in both languages, and it is not sent again', async (_what, body) => {
    const { push, page } = await pushAnswered(200, body);
    expect(push).toMatchObject({ state: 'delivered', attemptCount: 1, answer: { refusedAll: true } });
    expect(page.text).toContain('It arrived and was refused');
    expect(page.text).toContain('nothing of it was taken');
    expect(page.text).not.toContain('not all of it was taken');
    expect(page.text).not.toContain('deliver the other entries twice');
    const dutch = await browser.get(`/pushes/${push.id}`, { ...asPage, 'accept-language': 'nl' });
    expect(dutch.text).toContain('niets ervan is aangenomen');
  });

  test.each<[string, string, string]>([
    ['of XML', 'application/fhir+xml', '<Bundle xmlns="http://hl7.org/fhir"/>'],
    ['that is no JSON', 'application/fhir+json', '{"resourceType": Bundle}'],
  ])(
    'an answer %s is said to have been taken and not read, in both languages, and is not sent again',
    async (_what, type, body) => {
      const { push, page } = await pushAnswered(201, body, { 'content-type': type });
      expect(push).toMatchObject({ state: 'delivered', attemptCount: 1 });
      const posts = pair.sandbox.control.requests().requests.filter((one) => one.route === 'provider-import');
      expect(posts).toHaveLength(1);
      expect(page.text).toContain('The provider took the record, but what it answered could not be read.');
      expect(page.text).toContain('It is not sent again.');
      expect(page.text).not.toContain('The provider confirmed');
      const dutch = await browser.get(`/pushes/${push.id}`, { ...asPage, 'accept-language': 'nl' });
      expect(dutch.text).toContain('was niet te lezen. Ze worden niet opnieuw verstuurd.');
    },
  );
});
