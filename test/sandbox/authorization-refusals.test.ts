import { beforeAll, describe, expect, test } from '@jest/globals';
import { expectRefusal } from './refusal-checks.js';
import { type Json, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox({ callbacks: ['https://app.example/return'] });
let client: SigningClient;
beforeAll(() => {
  client = new SigningClient(running.sandbox, 'write');
});

const challenge = {
  code_challenge: 'a'.repeat(43),
  code_challenge_method: 'S256',
  redirect_uri: 'http://127.0.0.1:1/x',
};

describe('authorize is refused', () => {
  const redirectRefusal = { status: 400, code: 'InvalidRedirectUri' };
  const requestRefusal = { status: 400, code: 'InvalidRequest' };
  const cases: [name: string, claims: Json, expected: { status: number; code: string }, message: RegExp][] = [
    [
      'for a callback on another host',
      { redirect_uri: 'https://evil.example/return' },
      redirectRefusal,
      /redirect_uri is not registered for contract \S+: registered are http:\/\/localhost:\*\/\*.*https:\/\/app\.example\/return/,
    ],
    [
      'for a look-alike of localhost',
      { redirect_uri: 'http://localhost.evil.example/' },
      redirectRefusal,
      /not registered/,
    ],
    [
      'for localhost as a user name',
      { redirect_uri: 'http://localhost@evil.example/' },
      redirectRefusal,
      /not registered/,
    ],
    [
      'for another path of an added callback',
      { redirect_uri: 'https://app.example/return/x' },
      redirectRefusal,
      /not registered/,
    ],
    [
      'for a callback with a fragment',
      { redirect_uri: 'http://localhost:1/#a' },
      redirectRefusal,
      /not registered/,
    ],
    [
      'for a callback that another parser reads as one elsewhere',
      { redirect_uri: 'http://localhost\\@evil.example/' },
      redirectRefusal,
      /not registered/,
    ],
    [
      'for a callback with a blank in it',
      { redirect_uri: 'http://localhost/ @evil.example/' },
      redirectRefusal,
      /not registered/,
    ],
    [
      'for a callback with a line break in it',
      { redirect_uri: 'http://localhost\n.evil.example/' },
      redirectRefusal,
      /not registered/,
    ],
    [
      'for an added callback in another spelling',
      { redirect_uri: 'https://app.example:443/return' },
      redirectRefusal,
      /not registered/,
    ],
    [
      'for an app that is not registered',
      { redirect_uri: 'other-app://back' },
      redirectRefusal,
      /not registered/,
    ],
    ['for a callback that is no URL', { redirect_uri: '/return' }, redirectRefusal, /not registered/],
    ['without a callback', { redirect_uri: undefined }, requestRefusal, /the claim\.redirect_uri/],
    ['without a code challenge', { code_challenge: undefined }, requestRefusal, /code_challenge/],
    ['with a challenge that is no SHA-256', { code_challenge: 'short' }, requestRefusal, /43 characters/],
    ['with the method plain', { code_challenge_method: 'plain' }, requestRefusal, /must be S256/],
    ['without a state', { state: undefined }, requestRefusal, /state/],
    ['for another response type', { response_type: 'token' }, requestRefusal, /must be code/],
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
      () => client.send('POST', 'oauth/authorize', { claims: challenge, body: {} }),
      {
        status: 403,
        code: 'SDKInvalid',
        message: 'agent',
      },
    );
  });

  test('by a version that is none', async () => {
    const body = { agent: { sdk: { name: 'x', version: 'latest' } } };
    await expectRefusal(running, () => client.send('POST', 'oauth/authorize', { claims: challenge, body }), {
      status: 403,
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

test('only pages of this machine and registered apps may show the consent page in a frame', async () => {
  const page = await fetch(new URL('authorize?code=none', running.sandbox.onboardUrl));
  expect(page.headers.get('content-security-policy')).toContain(
    "frame-ancestors 'self' http://localhost:* http://127.0.0.1:* https://app.example;",
  );
});
