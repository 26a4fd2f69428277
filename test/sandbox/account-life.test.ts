import { createHash, randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { batch } from './bundles.js';
import { accountIdOf, withProvider } from './provider-client.js';
import { expectRefusal, issuedAndStored } from './refusal-checks.js';
import {
  agentBody,
  type Connection,
  callbackUri,
  type Json,
  payload,
  SigningClient,
} from './signing-client.js';

const provider = withProvider();

function withToken(connection: Connection, headers: Record<string, string> = {}) {
  return { claims: { access_token: connection.accessToken }, headers };
}

async function revokeUrl(): Promise<URL> {
  const headers = { accountid: provider.accountId, redirecturi: 'http://localhost:4711/revoked?x=1' };
  const path = 'permission-access/revoke/h:accountId';
  const { status, json } = await provider.client.send('GET', path, withToken(provider.connection, headers));
  expect(status).toBe(200);
  return new URL(json.location);
}

function answerRevoke(url: URL, decision: string) {
  const body = new URLSearchParams({ code: url.searchParams.get('code') ?? '', decision });
  return fetch(new URL(url.pathname, url), { method: 'POST', redirect: 'manual', body });
}

async function referenceCode(
  connection: Connection,
  claims: Json = {},
  client = provider.client,
): Promise<string> {
  const answer = await client.send('POST', 'oauth/token/reference', {
    claims: { access_token: connection.accessToken, redirect_uri: callbackUri, state: 's-2', ...claims },
    body: agentBody,
  });
  expect(answer.json.session).toEqual({ key: expect.any(String), expiry: expect.any(Number) });
  return payload(answer).reference_code;
}

describe('withdrawing the permission at the provider', () => {
  test('keeping it leads back as failed and changes nothing', async () => {
    const url = await revokeUrl();
    const page = await (await fetch(url)).text();
    expect(page).toContain('Withdraw your permission?');
    expect(page).toContain('MedMij Testziekenhuis Noorderlicht');
    const answer = await answerRevoke(url, 'cancel');
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toMatch(
      /^http:\/\/localhost:4711\/revoked\?x=1&result=failed&error_message=/,
    );
    expect((await provider.send(batch())).status).toBe(200);
  });

  test('makes pushes fail with 511 until the account is reauthorized', async () => {
    const url = await revokeUrl();
    const answer = await answerRevoke(url, 'allow');
    expect(answer.headers.get('location')).toBe('http://localhost:4711/revoked?x=1&result=success');
    const settled = issuedAndStored(provider);
    expect((await answerRevoke(url, 'allow')).status).toBe(409);
    expect(issuedAndStored(provider)).toEqual(settled);
    const shown = await provider.client.send(
      'GET',
      'permission-access/accounts',
      withToken(provider.connection),
    );
    expect(shown.list[0]).toMatchObject({ accessTokenStatus: { authorized: false } });
    await expectRefusal(provider, () => provider.send(batch()), {
      status: 511,
      code: 'ServiceAuthorizationError',
      message: 'must reauthorize the account',
    });

    const referenced = await provider.client.send('POST', 'reference', {
      body: { type: 'accountId', value: provider.accountId },
    });
    const code = await referenceCode(provider.connection);
    const page = await fetch(
      `${provider.sandbox.onboardUrl}reauthorize?code=${code}&accountRef=${referenced.json.id}`,
    );
    expect(await page.text()).toContain('MedMij Testziekenhuis Noorderlicht');
    const { callback } = await provider.client.decide(
      code,
      { accountRef: referenced.json.id },
      'reauthorize',
    );
    expect(callback?.href).toBe(
      `${callbackUri}?success=true&accountReference=${provider.connection.accountReference}&state=s-2`,
    );
    expect((await provider.send(batch())).status).toBe(200);
  });

  test('is refused for an account that is no MedMij provider, and for an unregistered callback', async () => {
    const library = await provider.client.connect();
    const path = 'permission-access/revoke/h:accountId';
    const accountid = await accountIdOf(provider.client, library);
    const plain = withToken(library, { accountid, redirecturi: callbackUri });
    await expectRefusal(provider, () => provider.client.send('GET', path, plain), {
      status: 400,
      code: 'InvalidRequest',
      message: 'MedMij',
    });
    const evil = withToken(provider.connection, {
      accountid: provider.accountId,
      redirecturi: 'https://evil.example',
    });
    await expectRefusal(provider, () => provider.client.send('GET', path, evil), {
      status: 400,
      code: 'InvalidRedirectUri',
      message: 'not registered',
    });
  });
});

test('a source is added to the library that is there already, without a code to exchange', async () => {
  const connection = await provider.client.connect();
  const code = await referenceCode(connection);
  const { callback } = await provider.client.decide(code, { sourceType: 'push', service: '9005' }, 'onboard');
  expect(callback?.searchParams.has('code')).toBe(false);
  const { list } = await provider.client.send('GET', 'permission-access/accounts', withToken(connection));
  expect(list.map(({ serviceTypeId }) => serviceTypeId)).toEqual([0, 9005]);
  expect(list[1]?.reference).toBe(callback?.searchParams.get('accountReference'));
});

test('a user whose refresh token has expired reauthorizes and keeps the library', async () => {
  const client = new SigningClient(provider.sandbox, 'write');
  const connection = await client.connect();
  provider.sandbox.control.advanceClock(31 * 86_400);
  const verifier = randomBytes(32).toString('base64url');
  const challenge = createHash('sha256').update(verifier).digest('base64url');
  const claims = { code_challenge: challenge, code_challenge_method: 'S256' };
  const code = await referenceCode(connection, claims, client);
  const { callback } = await client.decide(code, {}, 'user-reauth');
  expect(callback?.searchParams.get('accountReference')).toBe(connection.accountReference);
  const exchanged = await client.exchange(callback?.searchParams.get('code') ?? '', verifier);
  expect(payload(exchanged).sub).toBe(connection.userId);
  expect((await client.push(payload(exchanged).access_token.value, 'again')).status).toBe(200);
});

test('a deleted account is gone, and only its own user can delete it', async () => {
  const connection = await provider.client.connect();
  const stranger = await provider.client.connect();
  const path = 'permission-access/service/h:accountId';
  const accountid = await accountIdOf(provider.client, connection);
  await expectRefusal(
    provider,
    () => provider.client.send('DELETE', path, withToken(stranger, { accountid })),
    {
      status: 404,
      code: 'NotFound',
      message: 'this user has no account',
    },
  );
  expect((await provider.client.send('DELETE', path, withToken(connection, { accountid }))).status).toBe(200);
  const { list } = await provider.client.send('GET', 'permission-access/accounts', withToken(connection));
  expect(list).toEqual([]);
});

test('a deleted user is gone with files, accounts and tokens of every contract', async () => {
  const writer = new SigningClient(provider.sandbox, 'write');
  const reader = new SigningClient(provider.sandbox, 'read');
  const written = await writer.connect();
  const read = await reader.connect({}, { access_token: written.accessToken });
  await writer.push(written.accessToken, 'soon forgotten');
  const bodies = issuedAndStored(provider).bodies.length;
  expect((await writer.send('DELETE', 'user', withToken(written))).status).toBe(200);
  expect(provider.sandbox.control.library().libraries.map(({ userId }) => userId)).not.toContain(
    written.userId,
  );
  expect(issuedAndStored(provider).bodies).toHaveLength(bodies - 1);
  for (const [client, connection] of [
    [writer, written],
    [reader, read],
  ] as const) {
    const refused = { status: 401, code: 'InvalidToken', message: 'not known here' };
    await expectRefusal(
      provider,
      () => client.send('GET', 'permission-access/accounts', withToken(connection)),
      refused,
    );
    const claims = { grant_type: 'refresh_token', refresh_token: connection.refreshToken };
    await expectRefusal(provider, () => client.send('POST', 'oauth/token', { claims }), refused);
  }
});
