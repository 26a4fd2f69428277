import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from '../../support/browser.js';
import { type Pair, startPair } from '../../support/start-pair.js';
import {
  asPage,
  bundleOfSize,
  connectProvider,
  exampleBundle,
  pushForm,
  pushJson,
} from './provider-requests.js';

let pair: Pair;
let browser: Browser;
let accountId: string;

beforeAll(async () => {
  pair = await startPair();
  browser = pair.browser();
  accountId = (await connectProvider(browser)).account.id;
});
afterAll(() => pair.close());

const arrived = (sha256: string) =>
  pair.sandbox.control.provider().deliveries.filter((delivery) => delivery.sha256 === sha256);

test.each(['stu3', '3.0.2'])('a bundle sent by script arrives whole, as %s', async (version) => {
  const bundle = exampleBundle();
  const answer = await pushJson(browser, { version, resource: bundle });
  expect(answer.status).toBe(202);
  expect(answer.headers.get('location')).toBe(`/pushes/${answer.json.id}`);
  const push = await browser.waitForState(answer.json.id, ['delivered']);
  expect(push).toMatchObject({
    type: 'provider',
    fileName: 'bundle-blood-pressure.json',
    accountId,
    version,
    size: Buffer.byteLength(JSON.stringify(bundle)),
  });
  expect(arrived(push.sha256)).toContainEqual(
    expect.objectContaining({ resource: bundle, version, accountId, count: 1, size: push.size }),
  );
});

test.each([
  ['blood-pressure', 'bundle-blood-pressure.json'],
  ['weight', 'bundle-body-weight.json'],
  ['questionnaire', 'bundle-questionnaire-response.json'],
  ['document', 'bundle-document-reference.json'],
])('the example %s is taken by the provider, entry by entry', async (id, fileName) => {
  const bundle = exampleBundle(id);
  const { json } = await pushJson(browser, { version: 'stu3', resource: bundle, accountId });
  const push = await browser.waitForState(json.id, ['delivered', 'failed']);
  expect(push).toMatchObject({ state: 'delivered', fileName });
  expect(push.answer).toMatchObject({ entryCount: bundle.entry.length, refusedCount: 0, hasRefusals: false });
  expect(push.response).toMatchObject({ resourceType: 'Bundle', type: `${bundle.type}-response` });
});

test('what leaves is the checked JSON, whatever blanks and line ends the form had', async () => {
  const bundle = exampleBundle('weight');
  const answer = await pushForm(browser, { version: 'stu3', resource: JSON.stringify(bundle, null, 2) });
  expect(answer.status).toBe(303);
  const id = (answer.headers.get('location') ?? '').split('/').at(-1) ?? '';
  const push = await browser.waitForState(id, ['delivered']);
  expect(push.sha256).toBe(createHash('sha256').update(JSON.stringify(bundle)).digest('hex'));
});

test('a percent-encoded form does as well', async () => {
  const fields = { version: 'stu3', resource: JSON.stringify(exampleBundle(), null, 2) };
  const answer = await browser.post('/push/provider', fields, asPage);
  expect(answer.status).toBe(303);
});

test('JSON may carry the bundle as text', async () => {
  const answer = await pushJson(browser, { version: 'stu3', resource: JSON.stringify(exampleBundle()) });
  expect(answer.status).toBe(202);
});

test('a file takes the place of the text', async () => {
  const bundle = exampleBundle('weight');
  bundle.entry[1].resource.effectiveDateTime = '2025-02-03';
  const answer = await pushForm(
    browser,
    { version: 'stu3', resource: 'not looked at' },
    { file: `\ufeff${JSON.stringify(bundle, null, 2)}` },
  );
  const id = (answer.headers.get('location') ?? '').split('/').at(-1) ?? '';
  const push = await browser.waitForState(id, ['delivered']);
  expect(arrived(push.sha256)).toMatchObject([{ resource: bundle }]);
});

test('exactly 5 MiB arrive whole, and every byte of them', async () => {
  const bundle = bundleOfSize(5 * 2 ** 20);
  const answer = await pushJson(browser, { version: 'stu3', resource: bundle });
  expect(answer.status).toBe(202);
  const push = await browser.waitForState(answer.json.id, ['delivered', 'failed']);
  expect(push).toMatchObject({ state: 'delivered', size: 5 * 2 ** 20 });
  expect(push.sha256).toBe(createHash('sha256').update(JSON.stringify(bundle)).digest('hex'));
  expect(arrived(push.sha256)).toMatchObject([{ size: 5 * 2 ** 20 }]);
});

test('the same key with the same bundle is one push, with another bundle a conflict', async () => {
  const key = { 'idempotency-key': 'a-key-for-one-bundle' };
  const body = { version: 'stu3', resource: exampleBundle() };
  const answers = await Promise.all([pushJson(browser, body, key), pushJson(browser, body, key)]);
  const [first, second] = answers.map((answer) => answer.json.id);
  expect(first).toBe(second);
  const other = await pushJson(browser, { ...body, resource: exampleBundle('weight') }, key);
  expect(other.status).toBe(409);
  expect(other.json.error.code).toBe('IdempotencyConflict');
  const version = await pushJson(browser, { ...body, version: '3.0.2' }, key);
  expect(version.status).toBe(409);
});

test('a warning does not stop a bundle', async () => {
  const bundle = exampleBundle();
  bundle.entry[1].resource.id = 'given-by-the-app';
  bundle.entry[1].fullUrl = 'https://example.org/fhir/Observation/given-by-the-app';
  const checked = await browser.request('POST', '/push/provider/check', {
    headers: { accept: 'application/json', 'content-type': 'application/json' },
    body: JSON.stringify({ resource: bundle }),
  });
  expect(checked.json.problems.map(({ severity }: { severity: string }) => severity)).toContain('warning');
  expect(checked.json.accepted).toBe(true);
  const accepted = await pushJson(browser, { version: 'stu3', resource: bundle });
  expect(accepted.status).toBe(202);
  await browser.waitForState(accepted.json.id, ['delivered']);
});

test.each([
  ['nested a million levels deep', `${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`],
  ['nested 5,000 levels deep', `${'['.repeat(5000)}${']'.repeat(5000)}`],
])(
  'an answer of 201 that is %s means delivered, once, and says that it could not be read',
  async (_what, body) => {
    pair.sandbox.control.clearRequests();
    pair.sandbox.control.addFault({ route: 'provider-import', times: 1, status: 201, body });
    const { json } = await pushJson(browser, { version: 'stu3', resource: exampleBundle() });
    const push = await browser.waitForState(json.id, ['delivered', 'failed']);
    expect(push).toMatchObject({
      state: 'delivered',
      attemptCount: 1,
      lastError: { code: 'AnswerUnreadable' },
    });
    expect(push.attempts).toMatchObject([{ status: 201, code: 'AnswerUnreadable' }]);
    const sent = pair.sandbox.control.requests().requests.filter(({ route }) => route === 'provider-import');
    expect(sent).toHaveLength(1);
    const page = await browser.get(`/pushes/${json.id}`, { accept: 'text/html' });
    expect(page.text).toContain('could not be read');
  },
);

test('where the provider refused every entry, the page says that nothing was taken', async () => {
  pair.sandbox.control.addFault({
    route: 'provider-import',
    times: 1,
    status: 200,
    body: { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'invalid' }] },
  });
  const { json } = await pushJson(browser, { version: 'stu3', resource: exampleBundle() });
  await browser.waitForState(json.id, ['delivered']);
  const page = await browser.get(`/pushes/${json.id}`, { accept: 'text/html' });
  expect(page.text).toContain('nothing of it was taken');
});
