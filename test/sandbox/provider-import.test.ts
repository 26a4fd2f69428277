import { createHash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { batch, bloodPressure, patientEntry, weightEntry } from './bundles.js';
import { accountIdOf, withProvider } from './provider-client.js';
import { expectRefusal } from './refusal-checks.js';

const provider = withProvider();

test('a batch is answered entry by entry and kept with how often it came', async () => {
  const first = await provider.send(batch());
  expect(first.status).toBe(200);
  expect(first.json).toMatchObject({ resourceType: 'Bundle', type: 'batch-response' });
  expect(first.json.entry.map(({ response }) => response)).toEqual(
    ['Patient', 'Observation', 'Observation'].map((type) =>
      expect.objectContaining({
        status: '201 Created',
        location: expect.stringMatching(new RegExp(`^${type}/[0-9a-f]+/_history/1$`)),
      }),
    ),
  );
  await provider.send(batch());
  await provider.send(batch(), { path: 'fhir/3.0.2' });
  const text = JSON.stringify(batch());
  const same = {
    accountId: provider.accountId,
    resource: batch(),
    size: text.length,
    sha256: createHash('sha256').update(text).digest('hex'),
  };
  expect(provider.sandbox.control.provider().deliveries).toEqual([
    expect.objectContaining({ ...same, version: 'stu3', count: 2 }),
    expect.objectContaining({ ...same, version: '3.0.2', count: 1 }),
  ]);
});

test('a transaction is answered with a transaction-response, and a PUT keeps its id', async () => {
  const task = {
    fullUrl: 'https://care.example/fhir/Task/t-1',
    resource: {
      resourceType: 'Task',
      id: 't-1',
      meta: { profile: ['http://nictiz.nl/fhir/StructureDefinition/any'] },
      status: 'completed',
      intent: 'plan',
    },
    request: { method: 'PUT', url: 'Task/t-1' },
  };
  const { status, json } = await provider.send({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [task],
  });
  expect({ status, type: json.type }).toEqual({ status: 200, type: 'transaction-response' });
  expect(json.entry[0]?.response.location).toBe('Task/t-1/_history/1');
});

test('what a receiver only warns of is delivered, with the warning in the entry’s outcome', async () => {
  const { status, json } = await provider.send(
    batch({ ...patientEntry, resource: { ...patientEntry.resource, id: 'p1' } }, weightEntry),
  );
  expect(status).toBe(200);
  expect(json.entry[0]?.response.outcome.issue).toEqual([
    {
      severity: 'warning',
      code: 'informational',
      diagnostics: expect.stringContaining('ignored'),
      expression: ['Bundle.entry[0].resource.id'],
    },
  ]);
  const alone = await provider.send(batch(weightEntry));
  expect(alone.json.entry[0]?.response.outcome.issue[0]).toMatchObject({
    severity: 'warning',
    expression: ['Bundle.entry[0].resource.subject.reference'],
  });
});

describe('a push to a provider is refused before the provider sees it', () => {
  const requestRefusal = { status: 400, code: 'InvalidRequest' };
  test('for another standard or version', async () => {
    await expectRefusal(provider, () => provider.send(batch(), { path: 'hl7/stu3' }), {
      ...requestRefusal,
      message: 'must be fhir',
    });
    await expectRefusal(provider, () => provider.send(batch(), { path: 'fhir/r4' }), {
      ...requestRefusal,
      message: 'stu3 or 3.0.2',
    });
  });
  test('for an account that is not the user’s', async () => {
    const { client } = provider;
    const other = await accountIdOf(client, await client.connect({ sourceType: 'push', service: '9004' }));
    await expectRefusal(provider, () => provider.send(batch(), { headers: { accountid: other } }), {
      status: 404,
      code: 'NotFound',
      message: 'this user has no account',
    });
  });
  test('for an account that takes no pushes', async () => {
    const { client } = provider;
    const { accessToken, ...plain } = await client.connect();
    const id = await accountIdOf(client, { accessToken, ...plain });
    const path = 'permission-access/import/h:accountId/fhir/stu3';
    const claims = { access_token: accessToken };
    await expectRefusal(
      provider,
      () => client.send('POST', path, { claims, body: batch(), headers: { accountid: id } }),
      {
        ...requestRefusal,
        message: 'not at a provider that takes pushes',
      },
    );
  });
  test('without the accountId header', async () => {
    await expectRefusal(provider, () => provider.send(batch(), { headers: { accountid: '' } }), {
      ...requestRefusal,
      message: 'accountId is missing',
    });
  });
  test('for a body that is not JSON, or of another type', async () => {
    await expectRefusal(provider, () => provider.send('{"resourceType":'), {
      ...requestRefusal,
      message: 'not JSON',
    });
    const headers = { 'content-type': 'text/plain' };
    await expectRefusal(provider, () => provider.send('{}', { headers }), {
      status: 415,
      code: 'UnsupportedMediaType',
      message: 'application/json',
    });
  });
  test.each(['of a known length', 'in chunks'])('for a body of more than 16 MiB, %s', async (way) => {
    const text = JSON.stringify({ x: 'x'.repeat(16 * 1024 * 1024) });
    const tooLarge = { status: 413, code: 'PayloadTooLarge', message: 'at most 16777216 bytes' };
    const body = way === 'in chunks' ? new Blob([text]).stream() : text;
    const headers = { 'content-type': 'application/json' };
    await expectRefusal(provider, () => provider.send(body, { headers }), tooLarge);
  });
  test.each([
    [200, { status: 422, code: 'InvalidResource', message: 'nested deeper' }],
    [20_000, { status: 400, code: 'InvalidRequest', message: 'nested more than 1000 levels deep' }],
  ])('for JSON that is nested %i levels deep', async (levels, refusal) => {
    const deep = `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
    const text = JSON.stringify(batch(bloodPressure)).replace(
      '"status":"final"',
      `"status":"final","x":${deep}`,
    );
    await expectRefusal(provider, () => provider.send(text), refusal);
  });
});
