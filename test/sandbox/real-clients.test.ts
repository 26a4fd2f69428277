import { createHash, createPublicKey, randomBytes } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { expectRefusal } from './refusal-checks.js';
import { agentBody, fileDescriptor, type Json, payload, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

/**
 * Requests as the vendor's clients build them, and answers as those clients demand them: protocol.md, "What real clients
 * send and demand".
 */
const appCallback = 'digime-ca-sandbox://callback/done';
const running = withSandbox({ callbacks: [appCallback] });
let writer: SigningClient;
let reader: SigningClient;
beforeAll(() => {
  writer = new SigningClient(running.sandbox, 'write');
  reader = new SigningClient(running.sandbox, 'read');
});

const iosAgent = { agent: { sdk: { name: 'ios', version: '5.1.0' } } };

function challenge() {
  const verifier = randomBytes(32).toString('base64url');
  return { verifier, value: createHash('sha256').update(verifier).digest('base64url') };
}

function authorizeClaims(changes: Json = {}): Json {
  return {
    code_challenge: challenge().value,
    code_challenge_method: 'S256',
    redirect_uri: appCallback,
    response_mode: 'query',
    response_type: 'code',
    state: 'state-1',
    ...changes,
  };
}

describe('the iOS client', () => {
  test('connects: hex nonce, no meta, a scheme of its own, no sourceType, lng=en_US', async () => {
    const { verifier, value } = challenge();
    const claims = authorizeClaims({ code_challenge: value, nonce: randomBytes(8).toString('hex') });
    const answer = await writer.send('POST', 'oauth/authorize', { claims, body: iosAgent });
    expect(answer.status).toBe(200);
    const code = payload(answer).preauthorization_code;
    const page = await fetch(`${running.sandbox.onboardUrl}authorize?code=${code}&lng=en_US`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-security-policy')).toMatch(/form-action 'self' digime-ca-sandbox:$/);
    expect(await page.text()).toContain('<html lang="en">');
    const { callback } = await writer.decide(code, { lng: 'en_US' });
    expect(callback?.href).toMatch(/^digime-ca-sandbox:\/\/callback\/done\?success=true&code=code-/);
    const exchanged = await writer.exchange(callback?.searchParams.get('code') ?? '', verifier);
    const token = jwt.decode(exchanged.json.token) as Json;
    expect(token).toMatchObject({
      identifier: { id: token.sub },
      consentid: expect.any(String),
      token_type: 'Bearer',
    });
  });

  test('speaks Dutch for lng=nl_NL', async () => {
    const { code } = await writer.authorize();
    const page = await fetch(`${running.sandbox.onboardUrl}authorize?code=${code}&lng=nl_NL`);
    expect(await page.text()).toContain('<html lang="nl">');
  });

  test('asks for the contract unsigned, by both ids', async () => {
    const { applicationId } = running.sandbox.credentials();
    const ask = (contractId: string, application: string) =>
      fetch(
        `${running.sandbox.baseUrl}permission-access/contract/${contractId}/${application}?schemaVersion=5.0.0`,
      );
    const answer = await ask(writer.contract.id, applicationId);
    const signed = await writer.send('GET', 'permission-access/contract');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      ...(signed.json as unknown as Json),
      expirationDate: expect.any(Number),
    });
    expect((await ask('other', applicationId)).status).toBe(404);
    expect((await ask(writer.contract.id, 'other')).status).toBe(404);
  });

  test('gets a contract whose members have the types that it decodes', async () => {
    const { json } = await writer.send('GET', 'permission-access/contract');
    const { application, ...contract } = json as unknown as { application: Json } & Json;
    expect(application).toEqual({
      id: expect.any(String),
      name: expect.any(String),
      resources: expect.objectContaining({ url: expect.any(String) }),
      status: expect.any(Number),
    });
    expect(contract).toMatchObject({
      certificateContractSchemaVersion: '5.0.0',
      expirationDate: expect.any(Number),
    });
  });

  test('finds kty, n and e beside the PEM of a key, which is PKCS#1', async () => {
    const answer = await fetch(`${running.sandbox.baseUrl}jwks/oauth`);
    const { keys } = (await answer.json()) as { keys: { [name: string]: string; pem: string }[] };
    expect(keys).toHaveLength(1);
    const [key] = keys;
    expect(key?.pem).toMatch(/^-----BEGIN RSA PUBLIC KEY-----/);
    const { kty, n, e } = createPublicKey(key?.pem ?? '').export({ format: 'jwk' });
    expect(key).toMatchObject({ kid: expect.any(String), kty, n, e });
  });

  test('gets a token reference without a body, and its payload says what kind it is and until when', async () => {
    const { accessToken } = await writer.connect();
    const answer = await writer.send('POST', 'oauth/token/reference', {
      claims: { access_token: accessToken, redirect_uri: appCallback },
    });
    expect(answer.status).toBe(200);
    const reference = payload(answer) as unknown as { expires_on: number } & Json;
    expect(reference).toEqual({
      reference_code: expect.any(String),
      token_type: 'Bearer',
      expires_on: expect.any(Number),
    });
    expect(reference.expires_on).toBeGreaterThan(Date.now() / 1000);
    expect(reference.expires_on).toBeLessThan(Date.now() / 1000 + 86_400);
  });

  test('finds a number in every member of an account that it reads as one', async () => {
    const provider = new SigningClient(running.sandbox, 'provider');
    const { accessToken } = await provider.connect({ service: '9003' });
    const { list } = await provider.send('GET', 'permission-access/accounts', {
      claims: { access_token: accessToken },
    });
    expect(list).toHaveLength(1);
    for (const member of ['createdDate', 'updatedDate', 'serviceGroupId', 'serviceTypeId', 'sourceId']) {
      expect([member, typeof list[0]?.[member]]).toEqual([member, 'number']);
    }
    expect(list[0]).toMatchObject({ type: 'PUSH', serviceTypeId: 9003 });
  });
});

describe('a push as other versions send it', () => {
  const send = (accessToken: string, headers: Record<string, string>, descriptor: Json = fileDescriptor) =>
    fetch(`${running.sandbox.baseUrl}permission-access/import`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${writer.sign({ ...writer.commonClaims(), access_token: accessToken })}`,
        filedescriptor: writer.sign({ metadata: descriptor }),
        ...headers,
      },
      // A Uint8Array gets no Content-Type of its own.
      body: new TextEncoder().encode('a file'),
    });

  test.each([
    ['without a Content-Type', {}],
    ['with a header called contentType', { contentType: 'application/octet-stream' }],
  ])('%s', async (_name, headers) => {
    const { accessToken } = await writer.connect();
    expect((await send(accessToken, headers as Record<string, string>)).status).toBe(200);
    expect(running.sandbox.control.requests().requests.at(-1)?.headers).not.toHaveProperty('content-type');
  });

  test('with more in its descriptor, which comes back in lower case', async () => {
    const connection = await writer.connect();
    const descriptor = {
      ...fileDescriptor,
      contractId: writer.contract.id,
      appId: running.sandbox.credentials().applicationId,
      objectTypes: [{ name: 'letter' }],
      serviceGroups: [{ id: 3, typeName: 'medical' }],
      providerName: 'Polikliniek',
    };
    expect((await send(connection.accessToken, {}, descriptor)).status).toBe(200);
    const read = await reader.connect({}, { access_token: connection.accessToken });
    const claims = { access_token: read.accessToken };
    const { json } = await reader.send('POST', 'permission-access/trigger', { claims, body: agentBody });
    const [stored] = running.sandbox.control
      .library()
      .files.filter(({ descriptor }) => descriptor.providerName);
    const path = `permission-access/query/${json.session.key}/${stored?.name}`;
    const { headers } = await reader.send('HEAD', path, { claims });
    const { metadata } = JSON.parse(Buffer.from(headers.get('x-metadata') ?? '', 'base64url').toString());
    expect(metadata).toMatchObject({
      objecttypes: [{ name: 'letter' }],
      servicegroups: [{ id: 3, typename: 'medical' }],
      providername: 'Polikliniek',
      contractid: writer.contract.id,
      created: expect.any(Number),
    });
  });
});

describe('an authorization with an expired access token', () => {
  test.each(['write', 'read'] as const)('is served by the %s contract, in the same library', async (role) => {
    const first = await writer.connect();
    running.sandbox.control.advanceClock(31 * 86_400);
    const again = await new SigningClient(running.sandbox, role).connect(
      {},
      { access_token: first.accessToken },
    );
    expect(again.userId).toBe(first.userId);
  });

  test('is refused when its library was deleted', async () => {
    const { accessToken } = await writer.connect();
    await writer.send('DELETE', 'user', { claims: { access_token: accessToken } });
    await expectRefusal(running, async () => (await writer.authorize({ access_token: accessToken })).answer, {
      status: 401,
      code: 'InvalidToken',
      message: 'not known here',
    });
  });
});

describe('a refusal', () => {
  test('is in the headers too, where the Android client looks', async () => {
    const { json, headers } = await writer.send('POST', 'oauth/authorize', { claims: {}, body: {} });
    expect(headers.get('x-error-code')).toBe(json.error.code);
    expect(headers.get('x-error-message')).toBe(json.error.message);
    expect(headers.get('x-error-reference')).toBe(json.error.reference);
  });

  test('that quotes what no header may hold is answered all the same', async () => {
    const claims = authorizeClaims({ redirect_uri: 'http://localhost/' });
    const body = {
      agent: { sdk: { name: 'x', version: '1' } },
      actions: { pull: { limits: 'été\n\u{1F600}' } },
    };
    const odd = await writer.send('POST', 'oauth/authorize', { claims, body });
    expect([odd.status, odd.headers.get('x-error-code')]).toEqual([400, 'InvalidRequest']);
    const evil = await writer.authorize({ client_id: `été\r\n_${'x'.repeat(3000)}` });
    expect(evil.answer.status).toBe(401);
    expect(evil.answer.headers.get('x-error-message')).toMatch(/^[\x20-\x7e]{1,1000}$/);
  });

  test('that a fault brings has the headers as well', async () => {
    running.sandbox.control.addFault({ route: 'contract', status: 503 });
    const { json, headers } = await writer.send('GET', 'permission-access/contract');
    expect(headers.get('x-error-reference')).toBe(json.error.reference);
  });
});

describe('a callback of an app', () => {
  test('can be registered while the sandbox runs, and is known after that only as it was written', async () => {
    const uri = 'another-app:/back';
    expect((await writer.authorize({ redirect_uri: uri })).answer.status).toBe(400);
    const registered = await fetch(`${running.sandbox.url}sandbox/callbacks`, {
      method: 'POST',
      body: JSON.stringify({ redirectUri: uri }),
    });
    expect(registered.status).toBe(201);
    expect(running.sandbox.credentials().contracts[0]?.redirectUris).toContain(uri);
    expect((await writer.authorize({ redirect_uri: uri })).answer.status).toBe(200);
    expect((await writer.authorize({ redirect_uri: `${uri}/x` })).answer.status).toBe(400);
    const { code } = await writer.authorize({ redirect_uri: uri });
    const { callback } = await writer.decide(code, { decision: 'cancel' });
    expect(callback?.href).toBe(`${uri}?success=false&errorCode=USER_CANCEL&state=state-1`);
  });

  test.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'https://a.example/#x',
    'relative',
    'http://a;b.example/',
  ])('cannot be %s', async (redirectUri) => {
    const refused = await fetch(`${running.sandbox.url}sandbox/callbacks`, {
      method: 'POST',
      body: JSON.stringify({ redirectUri }),
    });
    expect(refused.status).toBe(400);
  });
});

test('nonces may be any text of at least 16 characters', async () => {
  const send = (nonce: string) =>
    writer.send('GET', 'permission-access/contract', { claims: { nonce } }).then(({ status }) => status);
  expect(await send(randomBytes(8).toString('hex'))).toBe(200);
  expect(await send(randomBytes(24).toString('base64'))).toBe(200);
  expect(await send('7c1f6c5e-6f1b-4ad0-9d3e-2a0f8a6f1c11')).toBe(200);
});
