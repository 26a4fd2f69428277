import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { ConfigError, loadConfig } from '../../src/config/index.js';

const pem = (modulusLength: number, publicExponent = 65537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent })
    .privateKey.export({ type: 'pkcs1', format: 'pem' })
    .toString();
const goodKey = pem(2048);
const live = {
  DIGIME_APPLICATION_ID: 'app',
  DIGIME_CONTRACT_ID: 'contract',
  DIGIME_PRIVATE_KEY: goodKey,
  APP_SECRET: 'a secret with at least 32 characters in it',
};

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    loadConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('without any setting', () => {
  test('the app talks to the sandbox on the documented ports', () => {
    const config = loadConfig({});
    expect(config.mode).toBe('sandbox');
    expect([config.port, config.sandbox.port]).toEqual([8081, 8082]);
    expect(config.uploads.maxUploadBytes).toBe(100 * 2 ** 20);
    expect(config.digime.baseUrl).toBe('https://api.digi.me/v1.7/');
    expect(config.digime.onboardUrl).toBe('https://api.digi.me/apps/saas/');
  });

  test('nothing of the configuration can be changed afterwards', () => {
    expect(Object.isFrozen(loadConfig({}))).toBe(true);
  });
});

describe('live mode', () => {
  test('is chosen by credentials alone', () => {
    const config = loadConfig(live);
    expect(config.mode).toBe('live');
    expect(config.digime.contracts.library).toEqual({ contractId: 'contract', privateKey: goodKey });
  });

  test('lets the provider contract use the write contract’s key', () => {
    const config = loadConfig({ ...live, DIGIME_PROVIDER_CONTRACT_ID: 'other' });
    expect(config.digime.contracts.provider).toEqual({ contractId: 'other', privateKey: goodKey });
    expect(config.digime.contracts.read).toBeUndefined();
  });

  test('takes a key whose line breaks are written as \\n', () => {
    const config = loadConfig({ ...live, DIGIME_PRIVATE_KEY: goodKey.replaceAll('\n', '\\n') });
    expect(config.digime.contracts.library.privateKey).toBe(goodKey);
  });

  test('reads secrets from files', () => {
    const path = join(mkdtempSync(join(tmpdir(), 'config-')), 'key.pem');
    writeFileSync(path, goodKey);
    const { DIGIME_PRIVATE_KEY: _inline, ...rest } = live;
    expect(loadConfig({ ...rest, DIGIME_PRIVATE_KEY_FILE: path }).digime.contracts.library.privateKey).toBe(
      goodKey.trim(),
    );
    expect(problemsOf({ ...rest, DIGIME_PRIVATE_KEY_FILE: '/nowhere' })).toContain(
      'DIGIME_PRIVATE_KEY_FILE names a file that is not there',
    );
  });

  test('lists every missing setting by its name', () => {
    const problems = problemsOf({ DIGIME_MODE: 'live' }).join('\n');
    for (const name of ['DIGIME_APPLICATION_ID', 'DIGIME_CONTRACT_ID', 'DIGIME_PRIVATE_KEY', 'APP_SECRET'])
      expect(problems).toContain(name);
  });

  test.each([
    ['a key of 1024 bits', pem(1024)],
    ['text that is no key', 'hello'],
    [
      'a key that is not RSA',
      generateKeyPairSync('ec', { namedCurve: 'P-256' })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString(),
    ],
    ['a corrupt key', goodKey.replace(/[A-Za-z0-9]{40}/, 'A'.repeat(40))],
    ['a key that the sandbox made', pem(2048, 65539)],
  ])('refuses %s without printing it', (_what, key) => {
    const problems = problemsOf({ ...live, DIGIME_PRIVATE_KEY: key });
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^DIGIME_PRIVATE_KEY /);
    const lines = key.split('\n').filter((line) => line.length > 20 && !line.includes('-----'));
    for (const line of lines) expect(problems[0]).not.toContain(line);
  });

  test('refuses the secret that .env.example shows', () => {
    const example = /APP_SECRET=(\S+)/.exec(readFileSync('.env.example', 'utf8'))?.[1] ?? '';
    expect(problemsOf({ ...live, APP_SECRET: example })).toEqual([
      expect.stringContaining('APP_SECRET is the example value'),
    ]);
  });

  test('refuses unencrypted addresses, all in one message', () => {
    const problems = problemsOf({
      ...live,
      DIGIME_BASE_URL: 'http://a.example/',
      DIGIME_ONBOARD_URL: 'http://b.example/',
      BASE_URL: 'http://app.example/',
    });
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'DIGIME_BASE_URL',
      'DIGIME_ONBOARD_URL',
      'BASE_URL',
    ]);
  });

  test('allows plain http for the app itself on localhost', () => {
    expect(loadConfig({ ...live, BASE_URL: 'http://localhost:8081' }).baseUrl).toBe('http://localhost:8081/');
  });

  test('refuses the sandbox’s application id', () => {
    expect(problemsOf({ ...live, DIGIME_APPLICATION_ID: 'sandbox-1' })).toEqual([
      expect.stringContaining('DIGIME_APPLICATION_ID'),
    ]);
  });
});

test('an https address without a trusted proxy is refused, because its cookie would never be set', () => {
  expect(problemsOf({ BASE_URL: 'https://app.example' })).toEqual([expect.stringContaining('TRUST_PROXY')]);
  expect(loadConfig({ BASE_URL: 'https://app.example', TRUST_PROXY: '1' }).trustProxy).toBe(1);
});

test('every wrong value is reported at once, by name and never by value', () => {
  const problems = problemsOf({
    PORT: 'eighty',
    MAX_UPLOAD_BYTES: '-1',
    LOG_LEVEL: 'loud',
    DATABASE_URL: 'mysql://secret@host/db',
    APP_SECRET: 'short',
  });
  expect(problems.map((problem) => problem.split(' ')[0]).sort()).toEqual([
    'APP_SECRET',
    'DATABASE_URL',
    'LOG_LEVEL',
    'MAX_UPLOAD_BYTES',
    'PORT',
  ]);
  expect(problems.join()).not.toMatch(/eighty|secret@|short/);
});

test('.env.example names every setting and no other', () => {
  const source =
    readFileSync('src/config/config.ts', 'utf8') + readFileSync('src/config/contracts.ts', 'utf8');
  const documented = new Set(
    [...readFileSync('.env.example', 'utf8').matchAll(/^# ([A-Z][A-Z_]+)=/gm)].map((match) => match[1]),
  );
  const inSchema = [...source.matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map((match) => match[1]);
  const credentials = ['', 'PROVIDER_', 'READ_'].flatMap((role) => [
    `DIGIME_${role}CONTRACT_ID`,
    `DIGIME_${role}PRIVATE_KEY`,
  ]);
  expect([...documented].sort()).toEqual(
    [...new Set([...inSchema, ...credentials, 'DIGIME_APPLICATION_ID'])].sort(),
  );
});

describe('settings that cannot work stop the start:', () => {
  test.each([
    ['true', /TRUST_PROXY must be .*every client choose/],
    ['1000', /TRUST_PROXY must be/],
    ['0.0.0.0/0', /TRUST_PROXY must be/],
    ['::/0', /TRUST_PROXY must be/],
    ['yes', /TRUST_PROXY must be/],
    ['10.0.0.1,,', /TRUST_PROXY must be/],
    ['10.0.0.1/33', /TRUST_PROXY must be/],
  ])('TRUST_PROXY=%s', (value, problem) => {
    expect(problemsOf({ TRUST_PROXY: value })).toEqual([expect.stringMatching(problem)]);
  });

  test.each([
    ['false', false],
    ['0', false],
    ['1', 1],
    ['loopback, 10.0.0.0/8', ['loopback', '10.0.0.0/8']],
    ['fd00::/8', ['fd00::/8']],
  ])('while TRUST_PROXY=%s is understood', (value, understood) => {
    expect(loadConfig({ TRUST_PROXY: value }).trustProxy).toEqual(understood);
  });

  test.each(['false', '0'])(
    'an https address without a proxy (TRUST_PROXY=%s): no cookie would ever be set',
    (value) => {
      expect(problemsOf({ BASE_URL: 'https://app.example', TRUST_PROXY: value })).toEqual([
        expect.stringContaining('TRUST_PROXY must be set'),
      ]);
    },
  );

  test.each(['x'.repeat(64), 'abcabcabcabcabcabcabcabcabcabcabcabc', '12345678'.repeat(5)])(
    'a secret that is no secret',
    (value) => {
      const problems = problemsOf({ APP_SECRET: value });
      expect(problems).toEqual([expect.stringContaining('APP_SECRET repeats a few characters')]);
      expect(problems[0]).not.toContain(value);
    },
  );

  test.each([
    ['BASE_URL', 'http://app.example/under/a/path'],
    ['BASE_URL', 'http://user:password@app.example/'],
    ['BASE_URL', 'http://app.example/?a=b'],
    ['DIGIME_BASE_URL', 'https://api.digi.me/v1.7/?a=b'],
    ['DIGIME_ONBOARD_URL', 'https://user@api.digi.me/apps/saas/'],
  ])('%s=%s', (name, value) => {
    expect(problemsOf({ [name]: value })).toEqual([expect.stringContaining(`${name} must have no`)]);
  });

  test('quotas that no file of the largest allowed size fits into', () => {
    expect(
      problemsOf({ MAX_UPLOAD_BYTES: '1000', VISITOR_QUOTA_BYTES: '999', TOTAL_QUOTA_BYTES: '999' }),
    ).toEqual([expect.stringContaining('VISITOR_QUOTA_BYTES'), expect.stringContaining('TOTAL_QUOTA_BYTES')]);
  });
});

describe('where payloads are kept', () => {
  test.each([
    [{ PAYLOAD_STORE: 's3://bucket' }, { bucket: 'bucket', prefix: '' }],
    [{ PAYLOAD_STORE: 's3://my.bucket-1/' }, { bucket: 'my.bucket-1', prefix: '' }],
    [{ PAYLOAD_STORE: 's3://bucket/a/b/' }, { bucket: 'bucket', prefix: 'a/b/' }],
    [
      { PAYLOAD_STORE: 's3://bucket/a', S3_ENDPOINT: 'http://127.0.0.1:9000', S3_REGION: 'us-east-1' },
      { bucket: 'bucket', prefix: 'a/', endpoint: 'http://127.0.0.1:9000', region: 'us-east-1' },
    ],
  ])('%j is understood', (env, bucket) => {
    expect(loadConfig(env).payloadBucket).toEqual(expect.objectContaining(bucket));
    expect(loadConfig({}).payloadBucket).toBeUndefined();
  });

  test.each([
    [{ PAYLOAD_STORE: '/a/folder' }, 'PAYLOAD_STORE must be s3://'],
    [{ PAYLOAD_STORE: 's3://Bucket' }, 'PAYLOAD_STORE must be s3://'],
    [{ PAYLOAD_STORE: 's3://bucket/a b' }, 'PAYLOAD_STORE must be s3://'],
    [{ PAYLOAD_STORE: 's3://bucket', DATABASE_URL: 'postgres://db/push' }, 'APP_SECRET must be set with'],
    [{ S3_ENDPOINT: 'http://127.0.0.1:9000' }, 'S3_ENDPOINT means nothing without PAYLOAD_STORE'],
    [
      { PAYLOAD_STORE: 's3://bucket', S3_ENDPOINT: 'http://127.0.0.1:9000' },
      'S3_REGION must be set with S3_ENDPOINT',
    ],
  ])('%j stops the start', (env, problem) => {
    expect(problemsOf(env as unknown as Record<string, string>)).toEqual([expect.stringContaining(problem)]);
  });
});

describe('traces', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

  test('are off until a collector is set, and go below its address', () => {
    expect(loadConfig({}).tracing).toBeUndefined();
    expect(loadConfig(endpoint).tracing).toEqual({
      tracesUrl: 'http://collector:4318/v1/traces',
      headers: {},
      serviceName: 'digime-push-onboarding',
      delayMs: 5000,
    });
    expect(loadConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector/otlp/' }).tracing?.tracesUrl).toBe(
      'https://collector/otlp/v1/traces',
    );
  });

  test('carry headers, percent-encoded as the specification has it, from the environment or a file', () => {
    const headers = { authorization: 'Bearer a=b,c', 'x-team': 'push' };
    const text = 'authorization=Bearer%20a=b%2Cc, x-team=push';
    expect(loadConfig({ ...endpoint, OTEL_EXPORTER_OTLP_HEADERS: text }).tracing?.headers).toEqual(headers);
    const path = join(mkdtempSync(join(tmpdir(), 'config-')), 'headers');
    writeFileSync(path, `${text}\n`);
    expect(loadConfig({ ...endpoint, OTEL_EXPORTER_OTLP_HEADERS_FILE: path }).tracing?.headers).toEqual(
      headers,
    );
  });

  test.each([
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
      'OTEL_EXPORTER_OTLP_ENDPOINT must be an http(s) address',
    ],
    [
      { OTEL_EXPORTER_OTLP_HEADERS: 'a=b' },
      'OTEL_EXPORTER_OTLP_HEADERS means nothing without OTEL_EXPORTER_OTLP_ENDPOINT',
    ],
    ...['no value', 'a b=c', 'a=%zz', 'a=b%0D%0AX: y', 'a=', '=b'].map(
      (text) =>
        [
          { ...endpoint, OTEL_EXPORTER_OTLP_HEADERS: text },
          'OTEL_EXPORTER_OTLP_HEADERS must be name=value, more than one separated by commas',
        ] as [Record<string, string>, string],
    ),
  ])('%j is no setting for them', (env, problem) => {
    expect(problemsOf(env)).toContain(problem);
  });
});
