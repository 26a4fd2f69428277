import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/**
 * How the app is run (the Dockerfile says the same): a small nursery for young objects saves a tenth of the memory and,
 * measured, costs no speed, because what large files leave behind is not kept there.
 */
export const nodeOptions = ['--max-semi-space-size=2'];

/** Runs a command in the project's folder with its output shown; ends this process when it fails. */
export function run(command, args, options = {}) {
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: 'inherit',
    shell: process.platform === 'win32',
    ...options,
  });
  if (done.status !== 0) {
    process.stderr.write(
      `${command} ${args.join(' ')} failed${done.error ? `: ${done.error.message}` : ''}\n`,
    );
    process.exit(done.status ?? 1);
  }
}

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

/** Whether node_modules holds what the lockfile says, by npm's own record of what it installed. */
function holdsLockfile() {
  const record = join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return false;
  const installed = JSON.parse(readFileSync(record, 'utf8')).packages;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  );
}

/** Installs the packages of the lockfile unless node_modules already holds exactly those, for this Node. */
export function ensureInstalled() {
  const stamp = 'node_modules/.installed-for';
  const print = `${fingerprint(['package-lock.json'])} node ${process.versions.modules}`;
  if (upToDate(stamp, print)) return;
  // Installed by hand with this project's lockfile and never used with another Node: nothing to do.
  if (existsSync(join(root, stamp)) || !holdsLockfile()) {
    // Standard output is the app's: installing reports on standard error, so that scripts can read the ready lines.
    run('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], { stdio: ['ignore', 2, 2] });
  }
  writeFileSync(join(root, stamp), print);
}

/** Compiles src/ to dist/ unless dist/ was made from exactly these sources. */
export function ensureBuilt() {
  const print = fingerprint([
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    ...filesBelow('src'),
  ]);
  const stamp = 'dist/.built-from';
  if (upToDate(stamp, print)) return;
  build();
  writeFileSync(join(root, stamp), print);
}

/** Compiles src/ to dist/ and copies the JSON data that tsc leaves behind. */
export function build() {
  rmSync(join(root, 'dist'), { recursive: true, force: true });
  run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
    stdio: ['ignore', 2, 2],
  });
  for (const file of filesBelow('src').filter((path) => path.endsWith('.json'))) {
    const target = join(root, file.replace(/^src/, 'dist'));
    mkdirSync(join(target, '..'), { recursive: true });
    cpSync(join(root, file), target);
  }
}
