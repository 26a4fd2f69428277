import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { fileDescriptor, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox();
const mib = 1024 * 1024;
const bodyMib = 600;

test('a body goes to disk as it arrives: 600 MiB never stand in memory', async () => {
  const client = new SigningClient(running.sandbox, 'write');
  const { accessToken } = await client.connect();
  const before = process.memoryUsage().rss;
  const block = Buffer.alloc(mib, 'a block of the body ');
  const hash = createHash('sha256');
  let peak = before;
  function* blocks() {
    for (let sent = 0; sent < bodyMib; sent += 1) {
      peak = Math.max(peak, process.memoryUsage().rss);
      hash.update(block);
      yield block;
    }
  }
  const status = await new Promise((resolve, reject) => {
    const upload = request(new URL('permission-access/import', running.sandbox.baseUrl), {
      method: 'POST',
      headers: {
        authorization: `Bearer ${client.sign({ ...client.commonClaims(), access_token: accessToken })}`,
        filedescriptor: client.sign({ metadata: fileDescriptor }),
        'content-type': 'application/octet-stream',
      },
    });
    upload.on('response', (response) => resolve(response.resume().statusCode)).on('error', reject);
    Readable.from(blocks()).pipe(upload);
  });
  expect(status).toBe(200);
  expect(running.sandbox.control.library().files).toEqual([
    expect.objectContaining({ size: bodyMib * mib, sha256: hash.digest('hex') }),
  ]);
  // What is not collected yet counts too, on a busy machine a good deal of it; a body in memory would be all of it.
  expect((peak - before) / mib).toBeLessThan(bodyMib / 2);
});
