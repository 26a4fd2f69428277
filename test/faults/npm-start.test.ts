import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mainPath } from '../../scripts/run-app.mjs';
import { eventually } from '../support/eventually.js';

const project = join(dirname(mainPath), '..');
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'npm-start-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const isRunning = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

/** Starts a command and collects what it says. */
function begin(command: string, args: string[], cwd: string, env: Record<string, string>) {
  const child = spawn(command, args, { cwd, env: { PATH: process.env.PATH, ...env } });
  const said = { out: '', err: '' };
  child.stdout.on('data', (text) => {
    said.out += text;
  });
  child.stderr.on('data', (text) => {
    said.err += text;
  });
  // `exit`, not `close`: what must not live on would keep its pipes open.
  return { child, said, ended: once(child, 'exit') };
}

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'after %s to npm alone nothing of the app is left and its ports are free',
  async (signal) => {
    const npm = begin('npm', ['start'], project, {
      HOME: folder,
      PORT: '0',
      SANDBOX_PORT: '0',
      DATA_DIR: folder,
      DIGIME_MODE: 'sandbox',
      LOG_LEVEL: 'silent',
    });
    const urls = await eventually(
      'both ready lines',
      () => npm.said.out.match(/http:\/\/localhost:\d+/g) ?? [],
      ({ length }) => length === 2,
    );
    npm.child.kill(signal);
    await npm.ended;
    for (const url of urls) {
      const refused = () =>
        fetch(`${url}/healthz`).then(
          () => false,
          () => true,
        );
      await eventually(`${url} no longer answering`, refused);
    }
  },
  180_000,
);

test('a first start says from the beginning that it installs, and how far it is; a signal ends both', async () => {
  cpSync(join(project, 'scripts'), join(folder, 'scripts'), { recursive: true });
  cpSync(join(project, 'package-lock.json'), join(folder, 'package-lock.json'));
  writeFileSync(join(folder, 'package.json'), '{}');
  // An npm that takes its time: it says who it is and waits. As the real one it takes a signal for a wish and goes on with
  // the step that it is at, and what it started does not hear of it.
  const npmFile = join(folder, 'npm-cli.js');
  mkdirSync(join(folder, 'node_modules/zod'), { recursive: true });
  writeFileSync(join(folder, 'node_modules/zod/package.json'), '{}');
  writeFileSync(
    npmFile,
    `const compiler = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
     process.on('SIGTERM', () => {});
     const line = [process.pid, compiler.pid, ...process.argv.slice(2)].join(' ');
     require('node:fs').writeFileSync('npm-ran', line);
     setInterval(() => {}, 1000);`,
  );
  const start = begin(process.execPath, ['scripts/start.mjs'], folder, { npm_execpath: npmFile });
  try {
    await eventually('the first line', () => /^Installing \d{3,} packages /.test(start.said.err));
    const ranFile = join(folder, 'npm-ran');
    // It is there before its line is in it.
    const ran = () => /^(\d+) (\d+) (.*)$/.exec(existsSync(ranFile) ? readFileSync(ranFile, 'utf8') : '');
    const [, pid = '', compiler = '', args = ''] = (await eventually('npm at work', ran)) ?? [];
    expect(args).toMatch(/^ci /);
    await eventually('how far it is', () => /1 of \d{3,} packages after \d+ s/.test(start.said.err));
    start.child.kill('SIGTERM');
    await start.ended;
    await eventually('the end of npm', () => !isRunning(Number(pid)));
    await eventually('the end of what npm started', () => !isRunning(Number(compiler)));
    expect(start.said.out).toBe('');
  } finally {
    start.child.kill('SIGKILL');
  }
}, 180_000);

test('the lockfile names the packages of every platform that is supported', () => {
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string>; os?: string[] }>;
  };
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !(`node_modules/${name}` in packages) && !(`${path}/node_modules/${name}` in packages),
    ),
  );
  expect(missing).toEqual([]);
  const platforms = new Set(Object.values(packages).flatMap(({ os = [] }) => os));
  for (const platform of ['linux', 'darwin', 'win32']) expect([...platforms]).toContain(platform);
});
