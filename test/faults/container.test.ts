import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, test } from '@jest/globals';
import { mainPath, runApp } from '../../scripts/run-app.mjs';
import { Browser } from '../support/browser.js';

const project = join(dirname(mainPath), '..');
const isRoot = process.getuid?.() === 0;
/** `nobody`: what `USER node` is in the image, somebody who owns nothing of the app. */
const stranger = isRoot ? { uid: 65_534, gid: 65_534 } : {};

test('what the Dockerfile copies runs with production packages only, read-only, as another user', async () => {
  const image = mkdtempSync(join(tmpdir(), 'image-'));
  const data = join(image, 'data');
  const app = join(image, 'app');
  mkdirSync(app);
  const dockerfile = readFileSync(join(project, 'Dockerfile'), 'utf8');
  const finalStage = dockerfile.slice(dockerfile.lastIndexOf('FROM '));
  const copies = [...finalStage.matchAll(/^COPY (?:--from=build \/app\/)?(\S+) (\S+)$/gm)].map(
    ([, from = '', to = '']) => ({ from, to: to.endsWith('/') ? join(to, basename(from)) : to }),
  );
  expect(copies.map(({ from }) => from)).toEqual(expect.arrayContaining(['dist', 'node_modules', 'views']));
  for (const { from, to } of [...copies, { from: 'package-lock.json', to: 'package-lock.json' }])
    if (from !== 'node_modules') cpSync(join(project, from), join(app, to), { recursive: true });
  const omitted = dockerfile.match(/--omit=\w+/g) ?? [];
  expect(omitted).toContain('--omit=dev');
  // What the image's build has installed, without what takes long to copy and is pruned there and here.
  const { packages } = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  for (const [path, { dev }] of Object.entries(packages))
    if (path !== '' && !dev && existsSync(join(project, path)))
      cpSync(join(project, path), join(app, path), { recursive: true });
  execFileSync('npm', ['prune', ...omitted, '--no-audit', '--no-fund'], { cwd: app, stdio: 'ignore' });
  for (const name of ['typescript', 'jest', '@swc/core'])
    expect(existsSync(join(app, 'node_modules', name))).toBe(false);
  mkdirSync(data, { mode: 0o777 });
  chmodSync(data, 0o777);
  chmodSync(image, 0o755);
  execFileSync('chmod', ['-R', 'a+rX,a-w', app]);
  const child = runApp({
    cwd: app,
    main: 'dist/main.js',
    env: {
      NODE_ENV: 'production',
      HOST: '0.0.0.0',
      SANDBOX_HOST: '0.0.0.0',
      DATA_DIR: data,
      LOG_LEVEL: 'silent',
    },
    user: stranger,
  });
  const visitor = new Browser(`${await child.ready}/`);
  expect((await visitor.get('/readyz')).status).toBe(200);
  await visitor.connect();
  const { json } = await visitor.upload('from the container', {
    mimeType: 'text/plain',
    accounts: [{ accountId: 'me' }],
  });
  await visitor.waitForState(json.id, ['delivered']);
  expect(await child.end()).toBe(0);
  execFileSync('chmod', ['-R', 'u+w', image]);
  rmSync(image, { recursive: true, force: true });
}, 300_000);

test('every path that the Dockerfile copies from the project exists and is not ignored', () => {
  const dockerfile = readFileSync(join(project, 'Dockerfile'), 'utf8');
  const allowed =
    readFileSync(join(project, '.dockerignore'), 'utf8')
      .match(/^!\S+/gm)
      ?.map((line) => line.slice(1)) ?? [];
  const names = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap((match) =>
    (match[1] ?? '').split(' '),
  );
  expect(names.length).toBeGreaterThan(5);
  for (const name of names) {
    expect(allowed).toContain(name);
    expect(existsSync(join(project, name))).toBe(true);
  }
});
