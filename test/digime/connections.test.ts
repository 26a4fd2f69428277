import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { init } from '../../src/digime/index.js';
import { applicationId, contract, firstToken, LocalPlatform } from './local-platform.js';

let platform: LocalPlatform;
beforeEach(async () => {
  platform = await new LocalPlatform().start();
});
afterEach(() => platform.stop());

const user = { contractDetails: contract.details, userAccessToken: firstToken() };

test('Connections are kept and used again.', async () => {
  const sdk = init({ applicationId, baseUrl: platform.baseUrl });
  for (let call = 0; call < 5; call += 1) await sdk.readAccounts(user);
  expect(platform.connections).toBe(1);
});

test('A proxy is used only when asked for, even if the environment names one.', async () => {
  const asked: string[] = [];
  const proxy = createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(200, { 'content-type': 'application/json' }).end('[]');
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  const { port } = proxy.address() as AddressInfo;
  const before = { ...process.env };
  Object.assign(process.env, {
    HTTP_PROXY: `http://127.0.0.1:${port}`,
    http_proxy: `http://127.0.0.1:${port}`,
    NO_PROXY: '',
    no_proxy: '',
  });
  try {
    const { accounts } = await init({ applicationId, baseUrl: platform.baseUrl }).readAccounts(user);
    expect(accounts).toHaveLength(1);
    expect(asked).toEqual([]);
    await init({ applicationId, baseUrl: platform.baseUrl, proxy: 'environment' }).readAccounts(user);
    await init({ applicationId, baseUrl: platform.baseUrl, proxy: { host: '127.0.0.1', port } }).readAccounts(
      user,
    );
    expect(asked).toEqual(Array(2).fill(`${platform.baseUrl}permission-access/accounts`));
  } finally {
    process.env = before;
    proxy.close();
  }
});

test('The descriptor of one push is signed again for the next only when it has changed.', async () => {
  const sdk = init({ applicationId, baseUrl: platform.baseUrl });
  const push = (tag: string) =>
    sdk.pushData({
      ...user,
      data: {
        fileData: Buffer.from('x'),
        fileName: 'x',
        fileDescriptor: { mimeType: 'a/b', accounts: [], tags: [tag] },
      },
    });
  for (const tag of ['a', 'a', 'b', 'a']) await push(tag);
  const headers = platform
    .requests('POST permission-access/import')
    .map((seen) => seen.headers.filedescriptor);
  expect(headers[0]).toBe(headers[1]);
  expect(new Set(headers).size).toBe(3);
  const tags = headers.map(
    (header) =>
      JSON.parse(Buffer.from((header ?? '').split('.')[1] ?? '', 'base64url').toString()).metadata.tags[0],
  );
  expect(tags).toEqual(['a', 'a', 'b', 'a']);
});
