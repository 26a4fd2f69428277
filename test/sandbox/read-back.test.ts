import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect, test } from '@jest/globals';
import { decrypt } from './read-library.js';
import { type AnswerBody, agentBody, payload, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox();

const openers: Record<string, (bytes: Buffer) => Buffer> = {
  none: (bytes) => bytes,
  gzip: gunzipSync,
  brotli: brotliDecompressSync,
};

test('a read contract that joins the library reads back every file, whole and with its metadata', async () => {
  const writer = new SigningClient(running.sandbox, 'write');
  const reader = new SigningClient(running.sandbox, 'read');
  const written = await writer.connect();
  const contents = new Map([
    ['application/pdf', '%PDF-1.7 not really'],
    ['text/plain', 'plain words '.repeat(20_000)],
    ['application/json', JSON.stringify({ many: Array.from({ length: 5000 }, (_, index) => index) })],
  ]);
  for (const [mimeType, text] of contents) {
    await writer.push(written.accessToken, text, {
      mimeType,
      accounts: [{ accountId: 'a-1' }],
      reference: ['r'],
    });
  }

  const read = await reader.connect({}, { access_token: written.accessToken });
  expect(read.userId).toBe(written.userId);
  const claims = { access_token: read.accessToken };
  const opened = await reader.send('POST', 'permission-access/trigger', { claims, body: agentBody });
  expect(opened.json).toEqual({ session: { key: expect.any(String), expiry: expect.any(Number) } });
  const path = `permission-access/query/${opened.json.session.key}`;
  const polls: AnswerBody[] = [];
  for (let poll = 0; poll < 4; poll += 1) polls.push((await reader.send('GET', path, { claims })).json);
  expect(polls.map(({ status }) => status.state)).toEqual(['pending', 'running', 'completed', 'completed']);
  expect(polls[1]?.fileList).toHaveLength(1);
  expect(polls[3]?.fileList).toHaveLength(3);

  const compressions = new Set<string>();
  for (const { name, updatedDate } of polls[3]?.fileList ?? []) {
    const file = await reader.send('GET', `${path}/${name}`, {
      claims,
      headers: { accept: 'application/octet-stream' },
    });
    const head = await reader.send('HEAD', `${path}/${name}`, { claims });
    const { metadata, compression = 'none' } = JSON.parse(
      Buffer.from(file.headers.get('x-metadata') ?? '', 'base64url').toString(),
    );
    compressions.add(compression);
    expect(metadata).toEqual({
      mimetype: expect.any(String),
      accounts: [{ accountid: 'a-1' }],
      reference: ['r'],
      appid: running.sandbox.credentials().applicationId,
      contractid: writer.contract.id,
      created: expect.any(Number),
    });
    expect(file.bytes.length % 16).toBe(0);
    const text = openers[compression]?.(decrypt(file.bytes, reader.contract.privateKey)).toString();
    expect(text).toBe(contents.get(metadata.mimetype));
    expect(Math.floor(updatedDate / 1000) * 1000).toBe(Date.parse(file.headers.get('last-modified') ?? ''));
    for (const header of ['x-metadata', 'last-modified', 'content-type', 'content-length']) {
      expect(head.headers.get(header)).toBe(file.headers.get(header));
    }
    expect(head.bytes).toHaveLength(0);
  }
  expect([...compressions].sort()).toEqual(['brotli', 'gzip', 'none']);
});

test('the session that came with the authorization of a read contract can be read once the person allowed it', async () => {
  const reader = new SigningClient(running.sandbox, 'read');
  const { answer, code, verifier } = await reader.authorize();
  const { callback } = await reader.decide(code);
  const exchanged = await reader.exchange(callback?.searchParams.get('code') ?? '', verifier);
  const claims = { access_token: payload(exchanged).access_token.value };
  const list = await reader.send('GET', `permission-access/query/${answer.json.session.key}`, { claims });
  expect(list.json).toEqual({ status: { state: 'pending' } });
});
