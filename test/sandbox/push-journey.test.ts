import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { callbackUri, payload, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox();

test('a person who allows a write contract ends with a token that pushes a file', async () => {
  const client = new SigningClient(running.sandbox, 'write');
  const { answer, code, verifier } = await client.authorize();
  expect(answer.status).toBe(200);
  expect(answer.json.session).toEqual({ key: expect.any(String), expiry: expect.any(Number) });

  const { answer: decided, callback } = await client.decide(code);
  expect(decided.status).toBe(303);
  expect(callback?.href.startsWith(`${callbackUri}?success=true&`)).toBe(true);
  expect(callback?.searchParams.get('state')).toBe('state-1');

  const exchanged = await client.exchange(callback?.searchParams.get('code') ?? '', verifier);
  const token = payload(exchanged);
  expect(token).toMatchObject({
    token_type: 'Bearer',
    sub: expect.any(String),
    consentid: expect.any(String),
  });
  expect(token.access_token.expires_on - Date.now() / 1000).toBeCloseTo(3600, -1);
  expect(token.refresh_token.expires_on - Date.now() / 1000).toBeCloseTo(30 * 86_400, -1);

  const pushed = await client.push(token.access_token.value, 'the bytes of a file');
  expect(pushed.status).toBe(200);
  expect(pushed.json.status).toBe('delivered');
  await client.push(token.access_token.value, 'the bytes of a file');
  const { libraries, files } = running.sandbox.control.library();
  expect(files).toEqual(libraries[0]?.files);
  expect(files).toEqual([
    expect.objectContaining({
      descriptor: { mimeType: 'application/pdf', accounts: [{ accountId: 'patient-1' }], tags: ['scan'] },
      size: 19,
      sha256: createHash('sha256').update('the bytes of a file').digest('hex'),
      count: 2,
    }),
  ]);

  const accounts = await client.send('GET', 'permission-access/accounts', {
    claims: { access_token: token.access_token.value },
  });
  expect(accounts.list).toHaveLength(1);
  expect(accounts.list[0]).toMatchObject({
    id: expect.stringMatching(/^40_/),
    type: 'USER',
    reference: callback?.searchParams.get('accountReference'),
    accessTokenStatus: { authorized: true },
  });
});

test('tokens verify with the key that the JWKS publishes under their kid', async () => {
  const client = new SigningClient(running.sandbox, 'write');
  const { answer } = await client.authorize();
  const { header } = jwt.decode(answer.json.token, { complete: true }) as jwt.Jwt;
  expect(header).toMatchObject({ alg: 'PS512', typ: 'JWT', jku: `${running.sandbox.baseUrl}jwks/oauth` });
  const { keys } = (await (await fetch(header.jku as unknown as string)).json()) as {
    keys: { kid: string; pem: string }[];
  };
  const pem = keys.find(({ kid }) => kid === header.kid)?.pem ?? '';
  expect(jwt.verify(answer.json.token, pem, { algorithms: ['PS512'] })).toEqual({
    preauthorization_code: expect.any(String),
  });
});

test('refreshing rotates the refresh token and keeps the user and the consent', async () => {
  const client = new SigningClient(running.sandbox, 'write');
  const { refreshToken, userId } = await client.connect();
  const refresh = (value: string) =>
    client.send('POST', 'oauth/token', { claims: { grant_type: 'refresh_token', refresh_token: value } });
  const first = await refresh(refreshToken);
  expect(payload(first)).toMatchObject({ sub: userId, token_type: 'Bearer' });
  expect(payload(first).refresh_token.value).not.toBe(refreshToken);
  expect((await client.push(payload(first).access_token.value, 'x')).status).toBe(200);

  const again = await refresh(refreshToken);
  expect(again.status).toBe(401);
  expect(again.json.error.code).toBe('InvalidToken');
  expect((await refresh(payload(first).refresh_token.value)).status).toBe(200);
});

test('the pages answer without anything that runs', async () => {
  const client = new SigningClient(running.sandbox, 'write');
  const { code } = await client.authorize();
  const page = await fetch(`${running.sandbox.onboardUrl}authorize?code=${code}&sourceType=pull`);
  const html = await page.text();
  expect(page.status).toBe(200);
  expect(html).toContain('wants to put files into your library');
  expect(html).not.toMatch(/<script|style=|<style/);
  expect(page.headers.get('content-security-policy')).toContain("form-action 'self' http://localhost:4711");
  expect((await fetch(running.sandbox.url)).status).toBe(200);
  expect((await fetch(`${running.sandbox.url}sandbox`)).status).toBe(200);
});
