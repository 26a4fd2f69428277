import { beforeAll, describe, expect, test } from '@jest/globals';
import { expectRefusal } from './refusal-checks.js';
import { agentBody, type Connection, type Json, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox();
let client: SigningClient;
let connection: Connection;
beforeAll(async () => {
  client = new SigningClient(running.sandbox, 'write');
  connection = await client.connect();
});

const challenge = { code_challenge: 'a'.repeat(43), code_challenge_method: 'S256' };

describe('exchanging a code is refused', () => {
  async function freshCode() {
    const { code, verifier } = await client.authorize();
    const { callback } = await client.decide(code);
    return { code: callback?.searchParams.get('code') ?? '', verifier };
  }
  const grantRefusal = { status: 400, code: 'InvalidGrant' };

  test('with a verifier that does not match, and the code still serves who has the right one', async () => {
    const { code, verifier } = await freshCode();
    await expectRefusal(running, () => client.exchange(code, 'x'.repeat(43)), {
      ...grantRefusal,
      message: 'code_verifier does not match the code_challenge of this authorization',
    });
    expect((await client.exchange(code, verifier)).status).toBe(200);
  });

  test('without a verifier', async () => {
    const { code, verifier } = await freshCode();
    await expectRefusal(running, () => client.exchange(code, verifier, { code_verifier: undefined }), {
      status: 400,
      code: 'InvalidRequest',
      message: 'code_verifier is missing',
    });
  });

  test('for a code that was never issued', async () => {
    await expectRefusal(running, () => client.exchange('code-invented', 'v'), {
      ...grantRefusal,
      message: 'never issued',
    });
  });

  test('for a code that was used', async () => {
    const { code, verifier } = await freshCode();
    expect((await client.exchange(code, verifier)).status).toBe(200);
    await expectRefusal(running, () => client.exchange(code, verifier), {
      ...grantRefusal,
      message: 'used already',
    });
  });

  test('for the code of another contract', async () => {
    const { code, verifier } = await freshCode();
    const other = new SigningClient(running.sandbox, 'provider');
    await expectRefusal(running, () => other.exchange(code, verifier), {
      ...grantRefusal,
      message: 'another contract',
    });
  });

  test('for the code that only opens the consent page', async () => {
    const { code, verifier } = await client.authorize();
    await expectRefusal(running, () => client.exchange(code, verifier), {
      ...grantRefusal,
      message: 'never issued',
    });
  });

  test('for a code that has expired', async () => {
    const { code, verifier } = await freshCode();
    running.sandbox.control.advanceClock(601);
    await expectRefusal(running, () => client.exchange(code, verifier), {
      ...grantRefusal,
      message: 'has expired',
    });
  });

  test('for a grant that does not exist', async () => {
    await expectRefusal(running, () => client.exchange('c', 'v', { grant_type: 'password' }), {
      status: 400,
      code: 'InvalidRequest',
      message: 'authorization_code or refresh_token',
    });
  });
});

describe('refreshing is refused as InvalidToken', () => {
  const refresh = (value: unknown, by: SigningClient = client) =>
    by.send('POST', 'oauth/token', { claims: { grant_type: 'refresh_token', refresh_token: value } });
  const tokenRefusal = { status: 401, code: 'InvalidToken' };

  test('for a token that is not known', async () => {
    await expectRefusal(running, () => refresh('invented'), { ...tokenRefusal, message: 'not known here' });
  });
  test('for an access token', async () => {
    await expectRefusal(running, () => refresh(connection.accessToken), {
      ...tokenRefusal,
      message: 'The token (refresh_token) is an access token',
    });
  });
  test('by another contract', async () => {
    const other = new SigningClient(running.sandbox, 'provider');
    await expectRefusal(running, () => refresh(connection.refreshToken, other), {
      ...tokenRefusal,
      message: 'another contract',
    });
  });
  test('for a token that was rotated away', async () => {
    const { refreshToken } = await client.connect();
    expect((await refresh(refreshToken)).status).toBe(200);
    await expectRefusal(running, () => refresh(refreshToken), { ...tokenRefusal, message: 'used already' });
  });
  test('for a token that has expired', async () => {
    const { refreshToken } = await client.connect();
    running.sandbox.control.advanceClock(31 * 86_400);
    await expectRefusal(running, () => refresh(refreshToken), {
      ...tokenRefusal,
      message: /^The token \(refresh_token\) expired at .*has to reauthorize/,
    });
  });
});

describe('a token reference is refused', () => {
  const send = (claims: Json, by: SigningClient = client) =>
    by.send('POST', 'oauth/token/reference', {
      claims: { redirect_uri: 'http://localhost/', ...claims },
      body: agentBody,
    });
  test('without an access token', async () => {
    await expectRefusal(running, () => send({}), { status: 401, code: 'InvalidToken', message: 'missing' });
  });
  test('for another contract’s access token', async () => {
    const other = new SigningClient(running.sandbox, 'read');
    const { accessToken } = await client.connect();
    await expectRefusal(running, () => send({ access_token: accessToken }, other), {
      status: 401,
      code: 'InvalidToken',
      message: 'another contract',
    });
  });
  test('for an expired access token, unless it is to reauthorize the user', async () => {
    const { accessToken } = await client.connect();
    running.sandbox.control.advanceClock(3601);
    await expectRefusal(running, () => send({ access_token: accessToken }), {
      status: 401,
      code: 'InvalidToken',
      message: 'expired',
    });
    expect((await send({ access_token: accessToken, ...challenge })).status).toBe(200);
  });
  test('for a callback that is not registered', async () => {
    const { accessToken } = await client.connect();
    await expectRefusal(
      running,
      () => send({ access_token: accessToken, redirect_uri: 'http://evil.example/' }),
      {
        status: 400,
        code: 'InvalidRedirectUri',
        message: 'not registered',
      },
    );
  });
});
