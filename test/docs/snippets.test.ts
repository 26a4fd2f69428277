import { execFile } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type AppProcess, runApp } from '../../scripts/run-app.mjs';
import { loadConfig } from '../../src/config/index.js';
import { blocksOf, project } from './read-pages.js';

let folder: string;
let app: AppProcess;
let base: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'snippets-'));
  for (const name of ['docs', 'public']) symlinkSync(join(project, name), join(folder, name));
  app = runApp({
    cwd: folder,
    env: { DATA_DIR: join(folder, 'data'), DIGIME_MODE: 'sandbox', LOG_LEVEL: 'silent' },
  });
  base = await app.ready;
});
afterAll(async () => {
  await app.end();
  rmSync(folder, { recursive: true, force: true });
});

/** Runs commands as a person would paste them, in one shell, against the app of this test. */
function runShell(commands: string): Promise<{ code: number; said: string }> {
  const text = commands.replaceAll('http://localhost:8081', base);
  return new Promise((resolve) => {
    execFile('bash', ['-e', '-o', 'pipefail', '-c', text], { cwd: folder }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, said: stdout + stderr }),
    );
  });
}

test.each(['docs/http.md', 'docs/operations.md', 'docs/going-live.md'])(
  'the commands of %s do what they say',
  async (page) => {
    const commands = blocksOf(page).filter(({ info }) => info === 'sh');
    expect(commands.length).toBeGreaterThan(0);
    const { code, said } = await runShell(commands.map(({ text }) => text).join('\n'));
    expect({ code, said: code === 0 ? '' : said }).toEqual({ code: 0, said: '' });
  },
);

test('what docs/http.md pushes is delivered', async () => {
  const commands = blocksOf('docs/http.md').filter(({ info }) => info === 'sh');
  const { said } = await runShell(commands.map(({ text }) => text).join('\n'));
  expect(said).toContain('"state":"queued"');
  expect(said).toMatch(/event: \w+\n/);
  expect(said).toContain('"fileName":"letter.pdf"');
});

test.each(['README.md', 'docs/going-live.md'])('the settings of %s are a live configuration', (page) => {
  const key = join(folder, 'contract.pem');
  const secret = join(folder, 'app-secret');
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  writeFileSync(key, privateKey.export({ type: 'pkcs1', format: 'pem' }));
  writeFileSync(secret, 'yT4qk0iV9o2Zs7mB1xNc8LwRf5JhDpGu');
  const [block] = blocksOf(page).filter(({ info }) => info === 'env');
  const env = parseEnv(
    (block?.text ?? '').replace('/run/secrets/contract.pem', key).replace('/run/secrets/app-secret', secret),
  ) as Record<string, string>;
  const config = loadConfig(env);
  expect(config).toMatchObject({ mode: 'live', baseUrl: 'https://push.example.org/', trustProxy: 1 });
});

test.each(['README.md', 'CONTRIBUTING.md', 'docs/operations.md', 'docs/troubleshooting.md'])(
  'what the commands of %s name is there',
  (page) => {
    const commands = blocksOf(page)
      .filter(({ info }) => info === 'sh elsewhere')
      .map(({ text }) => text)
      .join('\n');
    const files = [...commands.matchAll(/\bnode (?:-\S+ )*(\S+\.m?js)|-- (test\/\S+)/g)].map(
      ([, file, folderName]) => file ?? folderName ?? '',
    );
    expect(files.filter((file) => !existsSync(join(project, file)))).toEqual([]);
    // Commands and their options as the program itself lists them would need a Docker; these are what CI runs.
    for (const [command] of commands.matchAll(/^docker \w+/gm))
      expect(['docker build', 'docker run', 'docker compose']).toContain(command);
  },
);
