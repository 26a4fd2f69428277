import { createHmac, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { beforeAll, describe, expect, test } from '@jest/globals';
import type jwt from 'jsonwebtoken';
import { expectRefusal } from './refusal-checks.js';
import { agentBody, callbackUri, type Json, nonce, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox();
let client: SigningClient;
beforeAll(() => {
  client = new SigningClient(running.sandbox, 'write');
});

const authorizeClaims = {
  code_challenge: 'a'.repeat(43),
  code_challenge_method: 'S256',
  redirect_uri: callbackUri,
  response_mode: 'query',
  response_type: 'code',
  state: 's',
};

function sendSigned(authorization: string) {
  return client.send('POST', 'oauth/authorize', { authorization, body: agentBody });
}

function signed(changes: Json = {}, options: jwt.SignOptions = {}, key?: string): string {
  return `Bearer ${client.sign({ ...client.commonClaims(), ...authorizeClaims, ...changes }, options, key)}`;
}

/** The contract's public key as a secret: what an HS512 forger has. */
function publicPem(): string {
  return createPublicKey(client.contract.privateKey).export({ type: 'spki', format: 'pem' }).toString();
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

test('the JWT that every refusal below departs from is accepted', async () => {
  expect((await sendSigned(signed())).status).toBe(200);
});

describe('a request is refused as InvalidClient', () => {
  const cases: [name: string, authorization: () => string, message: RegExp][] = [
    ['without an Authorization header', () => '', /must be "Bearer " and a JWT/],
    ['with something that is no JWT', () => 'Bearer one.two.three', /client_id|not a JWT/],
    [
      'with RS512',
      () => signed({}, { algorithm: 'RS512' }),
      /must be signed with PS512, this one says RS512/,
    ],
    ['with PS256', () => signed({}, { algorithm: 'PS256' }), /this one says PS256/],
    [
      'with none',
      () => `Bearer ${encode({ alg: 'none' })}.${encode({ ...client.commonClaims(), ...authorizeClaims })}.`,
      /this one says none/,
    ],
    [
      'with HS512 keyed with the public key',
      () => {
        const unsigned = `${encode({ alg: 'HS512', typ: 'JWT' })}.${encode({ ...client.commonClaims(), ...authorizeClaims })}`;
        return `Bearer ${unsigned}.${createHmac('sha512', publicPem()).update(unsigned).digest('base64url')}`;
      },
      /this one says HS512/,
    ],
    [
      'with a crit header',
      () => signed({}, { header: { alg: 'PS512', crit: ['b64'] } as unknown as jwt.JwtHeader }),
      /crit/,
    ],
    [
      'with another key than the contract’s',
      () => {
        const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
        return signed({}, {}, privateKey.export({ type: 'pkcs1', format: 'pem' }).toString());
      },
      /does not verify with the public key of contract/,
    ],
    [
      'with the key of another contract of this application',
      () => signed({}, {}, new SigningClient(running.sandbox, 'read').contract.privateKey),
      /signed with this contract's private key\?/,
    ],
    ['without client_id', () => signed({ client_id: undefined }), /client_id must be/],
    [
      'with an application that is not known here',
      () => signed({ client_id: `other_${client.contract.id}` }),
      /no application other here/,
    ],
    [
      'with a contract that is not known here',
      () => signed({ client_id: `${running.sandbox.credentials().applicationId}_other` }),
      /no contract other in this application: known are .* \(write\)/,
    ],
  ];
  test.each(cases)('%s', async (_name, authorization, message) => {
    const value = authorization();
    await expectRefusal(running, () => sendSigned(value), { status: 401, code: 'InvalidClient', message });
  });
});

describe('a request is refused as InvalidRequest', () => {
  const minute = 60_000;
  const cases: [name: string, changes: () => Json, message: RegExp][] = [
    ['without a timestamp', () => ({ timestamp: undefined }), /timestamp must be Unix time in milliseconds/],
    ['with a timestamp in text', () => ({ timestamp: `${Date.now()}` }), /whole number/],
    [
      'with a timestamp 6 minutes old',
      () => ({ timestamp: Date.now() - 6 * minute }),
      /3[67]\d s in the past: at most 300 s/,
    ],
    ['with a timestamp 6 minutes ahead', () => ({ timestamp: Date.now() + 6 * minute }), /s in the future/],
    [
      'with a timestamp in seconds',
      () => ({ timestamp: Math.floor(Date.now() / 1000) }),
      /looks like seconds/,
    ],
    ['without a nonce', () => ({ nonce: undefined }), /nonce must be random text/],
    ['with a short nonce', () => ({ nonce: 'short' }), /nonce must be random text of 16 to 256/],
  ];
  test.each(cases)('%s', async (_name, changes, message) => {
    await expectRefusal(running, () => sendSigned(signed(changes())), {
      status: 400,
      code: 'InvalidRequest',
      message,
    });
  });

  test('with a nonce that was used before', async () => {
    const used = nonce();
    expect((await sendSigned(signed({ nonce: used }))).status).toBe(200);
    await expectRefusal(running, () => sendSigned(signed({ nonce: used, state: 'other' })), {
      status: 406,
      code: 'InvalidRequest',
      message: /nonce was used before/,
    });
  });
});

test('timestamps within 5 minutes are accepted, also after the sandbox’s clock was advanced', async () => {
  running.sandbox.control.advanceClock(7200);
  expect((await sendSigned(signed({ timestamp: Date.now() - 290_000 }))).status).toBe(200);
  expect((await sendSigned(signed({ timestamp: Date.now() + 290_000 }))).status).toBe(200);
});
