import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from '../../support/browser.js';
import { type Pair, startPair } from '../../support/start-pair.js';
import {
  brokenBundle,
  bundleOfSize,
  connectProvider,
  exampleBundle,
  json,
  pushForm,
  pushJson,
} from './provider-requests.js';

let pair: Pair;
let browser: Browser;
let connection: { id: string; account: { id: string } };

beforeAll(async () => {
  pair = await startPair();
  browser = pair.browser();
  connection = await connectProvider(browser);
});
afterAll(() => pair.close());

const good = () => ({ version: 'stu3', resource: exampleBundle() });
const refusal = async (body: unknown, from = browser) => {
  const { status, json } = await pushJson(from, body);
  return { status, code: json.error?.code, paths: json.error?.details?.map((d: { path: string }) => d.path) };
};

test('each problem of a wrong bundle is named by its path, and nothing of it is kept or sent', async () => {
  const { bundle, path } = brokenBundle();
  delete bundle.entry[1].resource.status;
  const answer = await pushJson(browser, { version: 'stu3', resource: bundle });
  expect(answer.status).toBe(422);
  expect(answer.json.error).toMatchObject({
    code: 'ProviderResourceInvalid',
    details: expect.arrayContaining([
      { path, message: expect.stringContaining('number') },
      { path: 'entry[1].resource.status', message: expect.any(String) },
    ]),
  });
  expect((await browser.getJson('/pushes')).json.pushes).toEqual([]);
  expect(pair.sandbox.control.provider().deliveries).toEqual([]);
  expect(await readdir(join(pair.dataDir, 'app', 'spool'))).toEqual([]);
});

test('text that is not JSON is answered with the line and the column', async () => {
  const text = JSON.stringify(exampleBundle(), null, 2).replace('"type": "batch",', '"type": "batch"');
  const answer = await pushJson(browser, { version: 'stu3', resource: text });
  expect(answer.status).toBe(422);
  expect(answer.json.error.details).toEqual([
    { path: 'resource', message: expect.stringMatching(/^line 4, column 3: /) },
  ]);
});

test.each([
  ['no version', { version: undefined }, 400, ['version']],
  ['a version that is not STU3', { version: '4.0.1' }, 400, ['version']],
  ['a version twice', { version: ['stu3', 'stu3'] }, 400, ['version']],
  ['no resource', { resource: undefined }, 422, ['resource']],
  ['an empty text', { resource: '' }, 422, ['resource']],
  ['a resource that is no bundle', { resource: { resourceType: 'Patient' } }, 422, ['resourceType']],
  ['a list', { resource: [] }, 422, ['resource']],
  ['an account that is an object', { accountId: { id: 'x' } }, 400, ['accountId']],
])('%s is refused by its field', async (_what, change, status, paths) => {
  expect(await refusal({ ...good(), ...change })).toMatchObject({ status, paths });
});

test('a hundred thousand levels are refused, not tried', async () => {
  const deep = `{"version":"stu3","resource":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
  const answer = await browser.request('POST', '/push/provider', { headers: json, body: deep });
  expect([answer.status, answer.json.error.code]).toEqual([422, 'ProviderResourceInvalid']);
});

test('a body that is not JSON is refused as such', async () => {
  const answer = await browser.request('POST', '/push/provider', { headers: json, body: '{"version":' });
  expect([answer.status, answer.json.error.code]).toEqual([400, 'InvalidRequest']);
});

test('another type of body is refused', async () => {
  const headers = { accept: 'application/json', 'content-type': 'application/fhir+xml' };
  const answer = await browser.request('POST', '/push/provider', { headers, body: '<Bundle/>' });
  expect([answer.status, answer.json.error.code]).toEqual([415, 'UnsupportedMediaType']);
});

test.each([
  ['one byte more than 5 MiB', 5 * 2 ** 20 + 1],
  ['6 MiB', 6 * 2 ** 20],
])('%s is too large, as JSON and as a form', async (_what, bytes) => {
  const resource = bundleOfSize(bytes);
  expect(await refusal({ version: 'stu3', resource })).toEqual({
    status: 413,
    code: 'ProviderResourceTooLarge',
    paths: ['resource'],
  });
  const headers = { accept: 'application/json' };
  const fields = { version: 'stu3', resource: JSON.stringify(resource) };
  expect((await pushForm(browser, fields, { headers })).status).toBe(413);
});

test('a body far beyond the limit is refused before it is read', async () => {
  const answer = await browser.request('POST', '/push/provider', {
    headers: json,
    body: `{"version":"stu3","resource":"${'x'.repeat(20 * 2 ** 20)}"}`,
  });
  expect([answer.status, answer.json.error.code]).toEqual([413, 'ProviderResourceTooLarge']);
});

test('a connection or an account of somebody else answers like one that does not exist', async () => {
  const other = pair.browser();
  const theirs = await connectProvider(other, '9003');
  expect(await refusal({ ...good(), connection: theirs.id })).toMatchObject({
    status: 404,
    code: 'ConnectionNotFound',
  });
  const foreign = { status: 404, code: 'AccountNotFound', paths: ['accountId'] };
  expect(await refusal({ ...good(), accountId: theirs.account.id })).toEqual(foreign);
  expect(await refusal({ ...good(), accountId: '40_none' })).toEqual(foreign);
});

test('a library connection is none to push to a provider by', async () => {
  const other = pair.browser();
  const library = await other.connect('library');
  expect(await refusal({ ...good(), connection: library.id }, other)).toMatchObject({
    status: 404,
    code: 'ConnectionNotFound',
  });
});

test('without a session a script is refused, and a person keeps what they wrote', async () => {
  expect(await refusal(good(), pair.browser())).toMatchObject({ status: 404, code: 'ConnectionNotFound' });
  const text = JSON.stringify(exampleBundle());
  const page = await pushForm(pair.browser(), { version: 'stu3', resource: text, connection: connection.id });
  expect(page.status).toBe(404);
  expect(page.text).toContain('urn:uuid:5d0f7c1e-8a4b-4c57-9d3e-0b6f2a71c4e9');
});

test('a request from another site is refused', async () => {
  const answer = await pushJson(browser, good(), { 'sec-fetch-site': 'cross-site' });
  expect([answer.status, answer.json.error.code]).toEqual([403, 'CrossSiteRequest']);
});
