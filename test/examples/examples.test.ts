import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Sandbox } from '../../src/sandbox/index.js';
import { installPackages, link, root } from '../packages/install-packages.js';
import { startKeyedSandbox } from '../support/keyed-sandbox.js';

let folder: string;
let sandbox: Sandbox;
const dataDir = mkdtempSync(join(tmpdir(), 'examples-'));
const children: ChildProcess[] = [];

beforeAll(async () => {
  ({ folder } = await installPackages('client', 'sandbox'));
  cpSync(join(root, 'examples'), join(folder, 'examples'), { recursive: true });
  for (const name of ['express', 'jest']) link(folder, name);
  sandbox = await startKeyedSandbox({ port: 0, dataDir });
}, 300_000);
afterAll(async () => {
  for (const child of children) child.kill();
  await sandbox.close();
  for (const path of [folder, dataDir]) rmSync(path, { recursive: true, force: true });
});

/** Runs an example against the sandbox; `line` waits for something that it writes. */
const runExample = (...args: string[]) => runIn(folder, ...args);

function runIn(cwd: string, ...args: string[]) {
  const child = spawn(process.execPath, args, {
    cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, SANDBOX_URL: sandbox.url, PORT: '0' },
  });
  children.push(child);
  let output = '';
  const waiting = new Set<() => void>();
  const told = () => {
    for (const look of waiting) look();
  };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk) => {
      output += chunk;
      told();
    });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  ended.then(told);
  const line = (pattern: RegExp) =>
    new Promise<string>((resolve, reject) => {
      const look = () => {
        const found = pattern.exec(output);
        if (found) resolve(found[1] ?? found[0]);
        else if (child.exitCode !== null) reject(new Error(`it ended: ${output}`));
      };
      waiting.add(look);
      look();
    });
  return { line, ended, output: () => output };
}

/** Allows on the consent page, as a person does, and goes where the page sends them. */
async function consent(url: string, cookie = ''): Promise<Response> {
  const { origin, pathname, searchParams } = new URL(url);
  const body = new URLSearchParams([...searchParams, ['decision', 'allow']]);
  const service = searchParams.get('service');
  if (service !== null) body.set('service', service);
  const page = await fetch(origin + pathname, { method: 'POST', body, redirect: 'manual' });
  return fetch(page.headers.get('location') ?? '', { headers: { cookie }, redirect: 'manual' });
}

async function arrived(where: 'library' | 'provider'): Promise<string> {
  return (await fetch(new URL(`sandbox/${where}`, sandbox.url))).text();
}

test('The script pushes a file into the library.', async () => {
  writeFileSync(join(folder, 'letter.pdf'), '%PDF-1.4 a letter');
  const example = runExample('examples/script/push.mjs', 'letter.pdf');
  await consent(await example.line(/^(http\S+)/m));
  await example.line(/Pushed letter.pdf/);
  expect(await example.ended).toBe(0);
  expect(await arrived('library')).toContain('"letter"');
});

test('The CommonJS program pushes a bundle to a provider.', async () => {
  const bundle = join(root, 'src/fhir/examples', 'weight.json');
  const example = runExample('examples/commonjs/push.cjs', bundle);
  await consent(await example.line(/^(http\S+)/m));
  expect(await example.line(/The provider answered (\d+)/)).toMatch(/^20\d$/);
  expect(await example.ended).toBe(0);
  expect(await arrived('provider')).toContain('Bundle');
});

test('The check names what a provider would refuse and puts it right, without changing a digit.', async () => {
  const good = readFileSync(join(root, 'src/fhir/examples/weight.json'), 'utf8').replace(
    '"value": 78.4,',
    '"value": 78.40,',
  );
  const [broken, repaired] = ['broken.json', 'repaired.json'].map((name) => join(folder, name));
  writeFileSync(broken ?? '', good.replace('"value": 78.40,', '"value": "78.40",'));
  const check = (...files: (string | undefined)[]) =>
    runIn(root, 'examples/check/check.mjs', ...files.map((file) => file ?? ''));
  const refused = check(broken, repaired);
  expect(await refused.ended).toBe(1);
  expect(refused.output()).toMatch(/broken\.json:\d+:\d+: error: entry\[1\]\.resource\.valueQuantity\.value /);
  expect(refused.output()).toContain('1 put right, 0 left.');
  expect(readFileSync(repaired ?? '', 'utf8')).toBe(good);
  const taken = check(repaired);
  expect(await taken.ended).toBe(0);
  expect(taken.output()).toContain('Ready to send.');
});

test('The Express app asks for consent and pushes, in at most 60 lines.', async () => {
  const file = 'examples/express/app.mjs';
  expect(readFileSync(join(folder, file), 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(60);
  const example = runExample(file);
  const url = await example.line(/ready on (\S+)/);
  const first = await fetch(url);
  const cookie = (first.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
  const post = (path: string, body?: string) =>
    fetch(`${url}${path}`, {
      method: 'POST',
      headers: { cookie, 'content-type': 'text/plain' },
      redirect: 'manual',
      ...(body === undefined ? {} : { body }),
    });
  expect((await post('/push', 'too early')).status).toBe(403);
  const authorization = await post('/authorize');
  expect(authorization.status).toBe(303);
  expect((await fetch(`${url}/return?success=true&code=x&state=y`, { headers: { cookie } })).status).toBe(400);
  const again = await post('/authorize');
  expect((await consent(again.headers.get('location') ?? '', cookie)).status).toBe(303);
  expect((await post('/push', 'from the Express app')).status).toBe(201);
  expect(await arrived('library')).toContain('text/plain');
});

test('The Jest tests pass against a sandbox of their own.', async () => {
  const example = runIn(join(folder, 'examples/jest'), join(folder, 'node_modules/jest/bin/jest.js'));
  await example.line(/2 passed, 2 total/);
  expect(await example.ended).toBe(0);
}, 180_000);

test('The compose file names folders, files, programs and settings that are there.', async () => {
  const here = join(root, 'examples/compose');
  const compose = readFileSync(join(here, 'compose.yaml'), 'utf8');
  const paths = [...compose.matchAll(/^\s+(?:build|context): (\S+)$/gm)].map(([, path = '']) => path);
  expect(paths).toEqual(['../..', '../express']);
  for (const path of paths) expect(existsSync(join(here, path))).toBe(true);
  // The path of a Dockerfile is relative to its build context.
  const dockerfile = join(here, '../express', /dockerfile: (\S+)/.exec(compose)?.[1] ?? '');
  expect(readFileSync(dockerfile, 'utf8')).toContain('CMD ["node", "app.mjs"]');
  expect(existsSync(join(root, 'Dockerfile'))).toBe(true);
  expect(compose).toContain('["node", "dist/main.js", "sandbox"]');
  const settings = [...compose.matchAll(/^\s+([A-Z][A-Z_]+):/gm)].map(([, name = '']) => name);
  const read = [
    readFileSync(join(root, 'src/config/config.ts'), 'utf8'),
    readFileSync(join(root, 'examples/express/app.mjs'), 'utf8'),
  ].join('\n');
  expect(settings.filter((name) => !read.includes(name))).toEqual([]);
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  expect(readFileSync(dockerfile, 'utf8')).toContain(`express@${dependencies.express}`);
});
