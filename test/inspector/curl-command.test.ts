import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { curlCommand } from '../../src/inspector/curl-command.js';
import { everyExchange, exchangeOf } from './example-exchanges.js';

const run = promisify(execFile);

/** What curl would be given by a POSIX shell. */
async function argumentsOf(command: string): Promise<string[]> {
  const env = {
    ...{ DIGIME_JWT: 'the.jwt', DIGIME_FILE_DESCRIPTOR: 'the.descriptor' },
    ...{ DIGIME_SESSION_KEY: 'the-key', FILE: 'a file', BODY: 'a body' },
  };
  const { stdout } = await run('sh', ['-c', `curl() { printf '%s\\0' "$@"; }\n${command}`], { env });
  return stdout.split('\0').slice(0, -1);
}

test('a shell gives curl the URL, the headers and the body as they were, whatever is in them', async () => {
  for (const exchange of everyExchange) {
    const { request } = exchange;
    const given = await argumentsOf(curlCommand(exchange));
    const after = (flag: string) => given.filter((_value, index) => given[index - 1] === flag);
    expect(after('--url')).toEqual([request.url.replace('…', 'the-key')]);
    expect(after('--header')).toContain('Authorization: Bearer the.jwt');
    for (const name of ['Accept', 'accountId', 'redirectUri'])
      if (request.headers[name] !== undefined)
        expect(after('--header')).toContain(`${name}: ${request.headers[name]}`);
    if (request.body !== undefined) expect(after('--data-raw')).toEqual([JSON.stringify(request.body)]);
    if (request.method === 'HEAD') expect(given).toContain('--head');
    else expect(after('--request')).toEqual([request.method]);
  }
});

test('a file travels from a file, and its descriptor in its header', async () => {
  const push = everyExchange.find(({ request }) => request.fileDescriptor !== undefined);
  const given = await argumentsOf(curlCommand(push as NonNullable<typeof push>));
  expect(given).toContain('@a file');
  expect(given).toContain('FileDescriptor: the.descriptor');
});

test('a body that was too long to keep, and an address with brackets', async () => {
  const exchange = exchangeOf('querySources', {
    ...{ method: 'POST', path: 'a[b]{c}', body: '… (70000 characters of JSON)', bodyBytes: 70_000 },
  });
  const given = await argumentsOf(curlCommand(exchange));
  expect(given).toContain('@a body');
  expect(given).toContain('--globoff');
});

test('the public keys are fetched without a signature', async () => {
  const {
    claims: _claims,
    jwtHeader: _header,
    ...request
  } = exchangeOf('jwks', { method: 'GET', path: 'jwks' }).request;
  const command = curlCommand({ ...exchangeOf('jwks', { method: 'GET', path: 'jwks' }), request });
  expect(command).not.toContain('DIGIME_JWT');
});
