import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { report, root, runNode, runNpm } from './run-command.mjs';

function fingerprint(paths) {
  const hash = createHash('sha256');
  for (const path of paths) hash.update(path).update(readFileSync(join(root, path)));
  return hash.digest('hex');
}

function filesBelow(folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(root.length))
    .sort();
}

function upToDate(stamp, print) {
  return existsSync(join(root, stamp)) && readFileSync(join(root, stamp), 'utf8') === print;
}

const readPackages = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages;

/** Whether node_modules holds what the lockfile says, by npm's own record of what it installed. */
function holdsLockfile() {
  const record = 'node_modules/.package-lock.json';
  if (!existsSync(join(root, record))) return false;
  const installed = readPackages(record);
  return Object.entries(readPackages('package-lock.json')).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

const seconds = (since) => `${Math.round((performance.now() - since) / 1000)} s`;

/** Says how far npm is, on one line where somebody looks on, else every five seconds. @returns what ends it */
function followInstalling() {
  const begun = performance.now();
  const places = Object.entries(readPackages('package-lock.json'))
    .filter(([path, { optional }]) => path !== '' && !optional)
    .map(([path]) => join(root, path, 'package.json'));
  const isWatched = process.stderr.isTTY;
  report(`Installing ${places.length} packages into node_modules; the first time takes a minute or two …`);
  const timer = setInterval(
    () => {
      const there = places.filter((path) => existsSync(path)).length;
      // Without a prebuilt binary for this machine better-sqlite3 is compiled, which takes longer than all the rest.
      const step =
        there < places.length ? `${there} of ${places.length} packages` : 'Preparing better-sqlite3,';
      const line = `  ${step} after ${seconds(begun)}`;
      if (isWatched) process.stderr.write(`\r${line}\u001b[K`);
      else report(line);
    },
    isWatched ? 500 : 5_000,
  );
  return () => {
    clearInterval(timer);
    report(`${isWatched ? '\r\u001b[K' : ''}Installed in ${seconds(begun)}.`);
  };
}

/** Installs the packages of the lockfile unless node_modules already holds exactly those, for this Node. */
export async function ensureInstalled() {
  const stamp = 'node_modules/.installed-for';
  const print = `${fingerprint(['package-lock.json'])} node ${process.versions.modules}`;
  if (upToDate(stamp, print)) return;
  // Installed by hand with this project's lockfile and never used with another Node: nothing to do.
  if (existsSync(join(root, stamp)) || !holdsLockfile()) {
    const done = followInstalling();
    // Standard output is the app's: installing reports on standard error, so that scripts can read the ready lines.
    await runNpm(['ci', '--include=dev', '--no-audit', '--no-fund', '--no-progress'], {
      stdio: ['ignore', 2, 2],
      // A process group, so that compilers that npm started end with it. Windows knows none.
      detached: process.platform !== 'win32',
    });
    done();
  }
  writeFileSync(join(root, stamp), print);
}

/** Compiles src/ to dist/ unless dist/ was made from exactly these sources. */
export async function ensureBuilt() {
  const print = fingerprint([
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    ...filesBelow('src'),
  ]);
  const stamp = 'dist/.built-from';
  if (upToDate(stamp, print)) return;
  await build();
  writeFileSync(join(root, stamp), print);
}

/** Compiles src/ to dist/ and copies the JSON data that tsc leaves behind. */
export async function build() {
  const begun = performance.now();
  report('Compiling src/ to dist/ …');
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  await runNode('node_modules/typescript/bin/tsc', ['-p', 'tsconfig.build.json'], {
    stdio: ['ignore', 2, 2],
  });
  for (const file of filesBelow('src').filter((path) => path.endsWith('.json'))) {
    const target = join(root, file.replace(/^src/, 'dist'));
    mkdirSync(join(target, '..'), { recursive: true });
    cpSync(join(root, file), target);
  }
  report(`Compiled in ${seconds(begun)}.`);
}
