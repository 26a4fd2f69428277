import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { issuedAndStored } from './refusal-checks.js';
import { type Connection, fileDescriptor, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox();
let client: SigningClient;
let connection: Connection;
beforeAll(async () => {
  client = new SigningClient(running.sandbox, 'write');
  connection = await client.connect();
});
afterEach(() => void running.sandbox.control.clearFaults());

const control = () => running.sandbox.control;
const lastRequest = () => control().requests().requests.at(-1);
const accounts = () =>
  client.send('GET', 'permission-access/accounts', { claims: { access_token: connection.accessToken } });

describe('a fault with a status', () => {
  test.each([
    [401, 'InvalidToken'],
    [403, 'InsufficientScope'],
    [429, 'TooManyRequests'],
    [503, 'ServiceUnavailable'],
    [511, 'ServiceAuthorizationError'],
    [400, 'InvalidRequest'],
    [599, 'InternalServerError'],
  ])('%i is answered with the body digi.me would send, once, and nothing is done', async (status, code) => {
    const before = issuedAndStored(running);
    control().addFault({ route: 'import', times: 1, status });
    const bytes = Buffer.alloc(300_000, status);
    const answer = await client.push(connection.accessToken, bytes);
    expect(answer).toMatchObject({ status, json: { error: { code, reference: expect.any(String) } } });
    expect(lastRequest()).toMatchObject({
      route: 'import',
      status,
      fault: { route: 'import', status },
      body: { size: 300_000, sha256: createHash('sha256').update(bytes).digest('hex') },
    });
    expect(issuedAndStored(running)).toEqual(before);
    expect((await client.push(connection.accessToken, 'x')).status).toBe(200);
  });

  test('brings the body and headers it was given', async () => {
    const headers = { 'retry-after': '7', 'content-type': 'text/html' };
    control().addFault({ route: 'accounts', status: 503, body: '<h1>Down</h1>', headers });
    const answer = await accounts();
    expect(answer).toMatchObject({ status: 503, text: '<h1>Down</h1>' });
    expect(answer.headers.get('retry-after')).toBe('7');
    expect(answer.headers.get('content-type')).toBe('text/html');
    control().addFault({ route: 'accounts', body: { odd: true } });
    expect((await accounts()).text).toBe('{"odd":true}');
  });

  test('serves as often as it says, for its own route only', async () => {
    control().addFault({ route: 'accounts', times: 2, status: 500 });
    expect((await client.push(connection.accessToken, 'y')).status).toBe(200);
    const statuses = [await accounts(), await accounts(), await accounts()].map(({ status }) => status);
    expect(statuses).toEqual([500, 500, 200]);
  });

  test('for * serves any route, the key set too', async () => {
    control().addFault({ route: '*', times: 2, status: 502 });
    expect((await accounts()).status).toBe(502);
    expect((await client.send('GET', 'jwks/oauth')).status).toBe(502);
    expect((await client.send('GET', 'jwks/oauth')).status).toBe(200);
  });
});

describe('a behaviour', () => {
  test('delayMs: waits, then does the work', async () => {
    control().addFault({ route: 'accounts', delayMs: 2000 });
    const order: string[] = [];
    const delayed = accounts().then(({ status }) => order.push(`delayed ${status}`));
    await eventually('the end of the fault', () => control().faults().faults.length === 0);
    await accounts().then(({ status }) => order.push(`later ${status}`));
    await delayed;
    expect(order).toEqual(['later 200', 'delayed 200']);
  });

  test('reset: drops the connection and does nothing', async () => {
    const before = issuedAndStored(running);
    control().addFault({ route: 'import', behaviour: 'reset' });
    await expect(client.push(connection.accessToken, 'z')).rejects.toThrow('fetch failed');
    expect(issuedAndStored(running)).toEqual(before);
    expect(lastRequest()).toMatchObject({ status: null, fault: { behaviour: 'reset' } });
  });

  test('reset with afterBytes: drops it in the middle of the body', async () => {
    control().addFault({ route: 'import', behaviour: 'reset', afterBytes: 1_000_000 });
    await expect(client.push(connection.accessToken, Buffer.alloc(20_000_000))).rejects.toThrow(
      'fetch failed',
    );
    const size = lastRequest()?.body.size ?? 0;
    expect(size).toBeGreaterThanOrEqual(1_000_000);
    expect(size).toBeLessThan(20_000_000);
  });

  test('hang: takes the whole body and never answers', async () => {
    control().addFault({ route: 'import', behaviour: 'hang' });
    const abort = new AbortController();
    const push = fetch(new URL('permission-access/import', running.sandbox.baseUrl), {
      method: 'POST',
      body: Buffer.alloc(2_000_000),
      signal: abort.signal,
    });
    await eventually('the whole body', () => lastRequest()?.body.sha256);
    expect(lastRequest()?.body.size).toBe(2_000_000);
    const winner = await Promise.race([push, new Promise((resolve) => setTimeout(resolve, 200, 'silence'))]);
    expect(winner).toBe('silence');
    abort.abort();
    await expect(push).rejects.toThrow('aborted');
  });

  test('drip: sends the answer byte by byte', async () => {
    control().addFault({ route: 'accounts', behaviour: 'drip', body: '[1,2]', delayMs: 10 });
    const response = await fetch(new URL('permission-access/accounts', running.sandbox.baseUrl));
    const chunks: number[] = [];
    for await (const chunk of response.body ?? []) chunks.push((chunk as Uint8Array).length);
    expect(chunks.reduce((sum, length) => sum + length, 0)).toBe(5);
    expect(chunks.length).toBeGreaterThan(2);
  });

  test.each([undefined, { long: 'x'.repeat(5000) }])(
    'truncate: promises more than it sends (%#)',
    async (body) => {
      control().addFault({ route: 'accounts', behaviour: 'truncate', ...(body && { body }) });
      const { promised, received, complete } = await new Promise<Received>((resolve, reject) => {
        const url = new URL('permission-access/accounts', running.sandbox.baseUrl);
        const claims = { ...client.commonClaims(), access_token: connection.accessToken };
        request(url, { headers: { authorization: `Bearer ${client.sign(claims)}` } }, (response) => {
          let received = 0;
          response.on('data', (chunk: Buffer) => {
            received += chunk.length;
          });
          response.on('error', () => {});
          response.on('close', () => {
            const promised = Number(response.headers['content-length']);
            resolve({ promised, received, complete: response.complete });
          });
        })
          .on('error', reject)
          .end();
      });
      expect(complete).toBe(false);
      expect(received).toBeGreaterThan(0);
      expect(received).toBeLessThan(promised);
    },
  );

  test('lose-response: does the work, then drops the connection', async () => {
    control().addFault({ route: 'import', behaviour: 'lose-response' });
    await expect(client.push(connection.accessToken, 'delivered all the same')).rejects.toThrow(
      'fetch failed',
    );
    const sha256 = createHash('sha256').update('delivered all the same').digest('hex');
    expect(control().library().files).toContainEqual(
      expect.objectContaining({ sha256, count: 1, descriptor: fileDescriptor }),
    );
    expect(lastRequest()).toMatchObject({ status: null, fault: { behaviour: 'lose-response' } });
  });
});

interface Received {
  promised: number;
  received: number;
  complete: boolean;
}
