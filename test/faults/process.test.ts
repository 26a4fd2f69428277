import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type AppProcess, runApp } from '../../scripts/run-app.mjs';
import { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { steadyPort } from '../support/steady-port.js';

let folder: string;
const apps: AppProcess[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'process-'));
});
afterAll(async () => {
  for (const app of apps) app.child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

/** Runs `node dist/main.js` with exactly these settings, in a folder without a `.env`. */
function run(env: Record<string, string>, words: string[] = []) {
  const app = runApp({
    cwd: folder,
    words,
    env: { LOG_LEVEL: 'info', DATA_DIR: join(folder, 'data'), ...env },
  });
  apps.push(app);
  return app;
}

describe('without credentials', () => {
  test('the app and the sandbox start without a question, say where, and stop with exit code 0', async () => {
    const [port, sandboxPort] = [String(await steadyPort()), String(await steadyPort())];
    const app = run({ PORT: port, SANDBOX_PORT: sandboxPort });
    await eventually('both ready lines', () => app.said.out.includes('app ready'));
    expect(app.said.out).toBe(
      `sandbox ready on http://localhost:${sandboxPort}\napp ready on http://localhost:${port}\n`,
    );
    const visitor = new Browser(`http://localhost:${port}/`);
    await visitor.connect();
    const { json } = await visitor.upload('by a real process', {
      mimeType: 'text/plain',
      accounts: [{ accountId: 'me' }],
    });
    await visitor.waitForState(json.id, ['delivered']);
    app.child.kill('SIGTERM');
    expect(await app.ended).toBe(0);
  });

  test('its secrets are readable by their owner only', async () => {
    for (const name of ['app-secret', 'push.sqlite']) {
      const { mode } = await stat(join(folder, 'data', name === 'push.sqlite' ? '.' : name));
      expect(mode & 0o077).toBe(0);
    }
  });

  test('the log is on standard error, one JSON object a line, without the code of a callback', async () => {
    const app = run({ DATA_DIR: join(folder, 'logged') });
    const visitor = new Browser(`${await app.ready}/`);
    const started = await visitor.post('/authorize');
    const callback = await visitor.decide(started.headers.get('location') ?? '');
    await visitor.get(callback);
    app.child.kill('SIGTERM');
    await app.ended;
    const lines = app.said.err.trim().split('\n');
    for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
    const query = new URL(callback).searchParams;
    for (const secret of [query.get('code'), query.get('state'), ...visitor.cookies().values()])
      expect(app.said.err).not.toContain(String(secret));
    expect(app.said.err).not.toContain('PRIVATE KEY');
  });

  test('a port that is taken is said in one line, and nothing stays behind', async () => {
    const first = run({ DATA_DIR: join(folder, 'one') });
    const port = new URL(await first.ready).port;
    const second = run({ PORT: port, DATA_DIR: join(folder, 'two') });
    expect(await second.ended).toBe(1);
    expect(second.said.err).toMatch(/could not start: .*EADDRINUSE/);
    first.child.kill('SIGTERM');
    await first.ended;
  });
});

describe('in live mode', () => {
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs1', format: 'pem' })
    .toString();
  const live = {
    DIGIME_APPLICATION_ID: 'app',
    DIGIME_CONTRACT_ID: 'contract',
    DIGIME_PRIVATE_KEY: key,
    APP_SECRET: 'a secret of thirty-two characters',
    DIGIME_BASE_URL: 'https://127.0.0.1:9/v1.7/',
    DIGIME_ONBOARD_URL: 'https://onboard.example/',
  };

  test('nothing of the sandbox starts, and the app talks to the address it was given', async () => {
    const app = run({ ...live, DATA_DIR: join(folder, 'live') });
    const base = `${await app.ready}/`;
    expect(app.said.out).not.toContain('sandbox');
    const visitor = new Browser(base);
    const page = await visitor.get('/');
    expect(page.text).not.toContain('sandbox-band');
    expect(page.headers.get('content-security-policy')).toContain(
      "form-action 'self' https://onboard.example",
    );
    // Nobody listens at the discard port: the attempt shows where it went.
    const started = await visitor.post('/authorize');
    expect([started.status, started.json.error.code]).toEqual([502, 'DigimeUnreachable']);
    app.child.kill('SIGTERM');
    expect(await app.ended).toBe(0);
    await expect(stat(join(folder, 'live', 'sandbox'))).rejects.toThrow();
  });

  test('a start with wrong settings fails with one message that names them all and shows no secret', async () => {
    const app = run({
      ...live,
      DIGIME_PRIVATE_KEY: 'not a key at all',
      APP_SECRET: 'change-me-to-32-random-characters-or-more',
      DIGIME_BASE_URL: 'http://plain.example/',
      DATA_DIR: join(folder, 'wrong'),
    });
    expect(await app.ended).toBe(1);
    for (const name of ['DIGIME_PRIVATE_KEY', 'APP_SECRET', 'DIGIME_BASE_URL'])
      expect(app.said.err).toContain(name);
    expect(app.said.err).not.toContain('not a key at all');
    expect(app.said.out).toBe('');
  });

  test('the sandbox’s own credentials are refused', async () => {
    const keys = await readFile(join(folder, 'data', 'sandbox', 'keys.json'), 'utf8');
    const pem =
      /-----BEGIN RSA PRIVATE KEY-----.*?-----END RSA PRIVATE KEY-----/s
        .exec(keys)?.[0]
        .replaceAll('\\n', '\n') ?? '';
    const app = run({ ...live, DIGIME_PRIVATE_KEY: pem, DATA_DIR: join(folder, 'copied') });
    expect(await app.ended).toBe(1);
    expect(app.said.err).toContain('DIGIME_PRIVATE_KEY is a key that the sandbox made');
  });

  test('the sandbox alone does not start', async () => {
    const sandbox = run({ ...live, DATA_DIR: join(folder, 'alone') }, ['sandbox']);
    expect(await sandbox.ended).toBe(1);
    expect(sandbox.said.err).toContain('the sandbox does not start in live mode');
  });
});

test('the sandbox alone says how to point a client at it', async () => {
  const sandbox = run({ DATA_DIR: join(folder, 'sandbox-alone') }, ['sandbox']);
  const url = await eventually('its ready line', () => /sandbox ready on (\S+)/.exec(sandbox.said.out)?.[1]);
  await eventually('the rest', () => sandbox.said.out.includes('sandbox/credentials'));
  expect(sandbox.said.out).toContain(`${url}/v1.7/`);
  expect(sandbox.said.out).toContain(`${url}/apps/saas/`);
  const credentials = (await (await fetch(`${url}/sandbox/credentials`)).json()) as { contracts: object[] };
  expect(credentials.contracts.length).toBeGreaterThanOrEqual(4);
  sandbox.child.kill('SIGTERM');
  expect(await sandbox.ended).toBe(0);
});
