import { beforeAll, describe, expect, test } from '@jest/globals';
import { expectRefusal } from './refusal-checks.js';
import { AGENT, type Connection, type Json, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox({ callbacks: ['https://app.example/return'] });
let client: SigningClient;
let connection: Connection;
beforeAll(async () => {
  client = new SigningClient(running.sandbox, 'write');
  connection = await client.connect();
});

const CHALLENGE = {
  code_challenge: 'a'.repeat(43),
  code_challenge_method: 'S256',
  redirect_uri: 'http://127.0.0.1:1/x',
};

describe('authorize is refused', () => {
  const REDIRECT = { status: 400, code: 'InvalidRedirectUri' };
  const REQUEST = { status: 400, code: 'InvalidRequest' };
  const cases: [name: string, claims: Json, expected: { status: number; code: string }, message: RegExp][] = [
    [
      'for a callback on another host',
      { redirect_uri: 'https://evil.example/return' },
      REDIRECT,
      /redirect_uri is not registered for contract \S+: registered are http:\/\/localhost:\*\/\*.*https:\/\/app\.example\/return/,
    ],
    [
      'for a look-alike of localhost',
      { redirect_uri: 'http://localhost.evil.example/' },
      REDIRECT,
      /not registered/,
    ],
    [
      'for localhost as a user name',
      { redirect_uri: 'http://localhost@evil.example/' },
      REDIRECT,
      /not registered/,
    ],
    [
      'for another path of an added callback',
      { redirect_uri: 'https://app.example/return/x' },
      REDIRECT,
      /not registered/,
    ],
    ['for a callback with a fragment', { redirect_uri: 'http://localhost:1/#a' }, REDIRECT, /not registered/],
    ['for a callback that is no URL', { redirect_uri: '/return' }, REDIRECT, /not registered/],
    ['without a callback', { redirect_uri: undefined }, REQUEST, /the claim\.redirect_uri/],
    ['without a code challenge', { code_challenge: undefined }, REQUEST, /code_challenge/],
    ['with a challenge that is no SHA-256', { code_challenge: 'short' }, REQUEST, /43 characters/],
    ['with the method plain', { code_challenge_method: 'plain' }, REQUEST, /must be S256/],
    ['without a state', { state: undefined }, REQUEST, /state/],
    ['for another response type', { response_type: 'token' }, REQUEST, /must be code/],
    [
      'with an access token that is not known',
      { access_token: 'invented' },
      { status: 401, code: 'InvalidToken' },
      /not known here/,
    ],
  ];
  test.each(cases)('%s', async (_name, claims, expected, message) => {
    await expectRefusal(running, async () => (await client.authorize(claims)).answer, {
      ...expected,
      message,
    });
  });

  test('with the refused contract', async () => {
    const refused = new SigningClient(running.sandbox, 'refused');
    await expectRefusal(running, async () => (await refused.authorize()).answer, {
      status: 403,
      code: 'InsufficientScope',
      message: 'always refuses',
    });
  });

  test('by a body that does not say which SDK sends it', async () => {
    await expectRefusal(
      running,
      () => client.send('POST', 'oauth/authorize', { claims: CHALLENGE, body: {} }),
      {
        status: 400,
        code: 'SDKInvalid',
        message: 'agent',
      },
    );
  });

  test('by a version that is none', async () => {
    const body = { agent: { sdk: { name: 'x', version: 'latest' } } };
    await expectRefusal(running, () => client.send('POST', 'oauth/authorize', { claims: CHALLENGE, body }), {
      status: 400,
      code: 'SDKVersionInvalid',
      message: 'begin with a number',
    });
  });
});

test.each([
  'http://localhost/',
  'http://localhost:65535/a/b?c=d',
  'http://127.0.0.1:3/x',
  'http://[::1]:9/',
  'https://app.example/return',
])('the callback %s is registered', async (redirect_uri) => {
  expect((await client.authorize({ redirect_uri })).answer.status).toBe(200);
});

describe('exchanging a code is refused', () => {
  async function freshCode() {
    const { code, verifier } = await client.authorize();
    const { callback } = await client.decide(code);
    return { code: callback?.searchParams.get('code') ?? '', verifier };
  }
  const GRANT = { status: 400, code: 'InvalidGrant' };

  test('with a verifier that does not match, and the code still serves who has the right one', async () => {
    const { code, verifier } = await freshCode();
    await expectRefusal(running, () => client.exchange(code, 'x'.repeat(43)), {
      ...GRANT,
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
      ...GRANT,
      message: 'never issued',
    });
  });

  test('for a code that was used', async () => {
    const { code, verifier } = await freshCode();
    expect((await client.exchange(code, verifier)).status).toBe(200);
    await expectRefusal(running, () => client.exchange(code, verifier), {
      ...GRANT,
      message: 'used already',
    });
  });

  test('for the code of another contract', async () => {
    const { code, verifier } = await freshCode();
    const other = new SigningClient(running.sandbox, 'provider');
    await expectRefusal(running, () => other.exchange(code, verifier), {
      ...GRANT,
      message: 'another contract',
    });
  });

  test('for the code that only opens the consent page', async () => {
    const { code, verifier } = await client.authorize();
    await expectRefusal(running, () => client.exchange(code, verifier), {
      ...GRANT,
      message: 'never issued',
    });
  });

  test('for a code that has expired', async () => {
    const { code, verifier } = await freshCode();
    running.sandbox.control.advanceClock(601);
    await expectRefusal(running, () => client.exchange(code, verifier), { ...GRANT, message: 'has expired' });
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
  const TOKEN = { status: 401, code: 'InvalidToken' };

  test('for a token that is not known', async () => {
    await expectRefusal(running, () => refresh('invented'), { ...TOKEN, message: 'not known here' });
  });
  test('for an access token', async () => {
    await expectRefusal(running, () => refresh(connection.accessToken), {
      ...TOKEN,
      message: 'holds an access token',
    });
  });
  test('by another contract', async () => {
    const other = new SigningClient(running.sandbox, 'provider');
    await expectRefusal(running, () => refresh(connection.refreshToken, other), {
      ...TOKEN,
      message: 'another contract',
    });
  });
  test('for a token that was rotated away', async () => {
    const { refreshToken } = await client.connect();
    expect((await refresh(refreshToken)).status).toBe(200);
    await expectRefusal(running, () => refresh(refreshToken), { ...TOKEN, message: 'used already' });
  });
  test('for a token that has expired', async () => {
    const { refreshToken } = await client.connect();
    running.sandbox.control.advanceClock(31 * 86_400);
    await expectRefusal(running, () => refresh(refreshToken), { ...TOKEN, message: 'has to reauthorize' });
  });
});

describe('a token reference is refused', () => {
  const send = (claims: Json, by: SigningClient = client) =>
    by.send('POST', 'oauth/token/reference', {
      claims: { redirect_uri: 'http://localhost/', ...claims },
      body: AGENT,
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
    expect((await send({ access_token: accessToken, ...CHALLENGE })).status).toBe(200);
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
