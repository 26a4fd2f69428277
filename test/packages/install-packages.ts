import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** Runs a JavaScript file with this Node. @returns what it wrote to standard output */
export async function runNode(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, args, { cwd, maxBuffer: 16 * 1024 * 1024 });
  return stdout;
}

/**
 * Packs the client and the sandbox and installs them into a folder of their own without the network: unpacked, with the
 * packages that their manifests name, and no others, linked to those of this project.
 * @returns the folder, and the tarballs by the name of the package
 */
export async function installPackages(
  ...which: ('client' | 'sandbox')[]
): Promise<{ folder: string; tarballs: Record<string, string> }> {
  const folder = mkdtempSync(join(tmpdir(), 'packages-'));
  const tarballs: Record<string, string> = {};
  for (const name of which) {
    const into = mkdtempSync(join(folder, 'packed-'));
    await runNode(root, 'scripts/pack.mjs', name, into);
    const tarball = join(into, readdirSync(into)[0] ?? '');
    await run('tar', ['xzf', tarball, '-C', into]);
    tarballs[`digime-${name}`] = tarball;
    const installed = join(folder, 'node_modules', `digime-${name}`);
    mkdirSync(dirname(installed), { recursive: true });
    renameSync(join(into, 'package'), installed);
    const { dependencies } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
    for (const dependency of Object.keys(dependencies)) link(folder, dependency);
  }
  return { folder, tarballs };
}

/** Makes a package of this project one of the folder's too. */
export function link(folder: string, name: string): void {
  const target = join(folder, 'node_modules', name);
  mkdirSync(dirname(target), { recursive: true });
  try {
    symlinkSync(join(root, 'node_modules', name), target, 'junction');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** What publint and are-the-types-wrong say of an installed package and its tarball. */
export async function lintPackage(
  folder: string,
  tarballs: Record<string, string>,
  name: string,
): Promise<{ publint: string; analysis: { packageName: string }; problems: Record<string, unknown> }> {
  // They look for the file names that npm would pack, so the folder is a copy outside node_modules.
  cpSync(join(folder, 'node_modules', name), join(folder, 'unpacked'), { recursive: true });
  const publint = await runNode(
    folder,
    join(root, 'node_modules/publint/src/cli.js'),
    'unpacked',
    '--strict',
  );
  const attw = join(root, 'node_modules/@arethetypeswrong/cli/dist/index.js');
  const { analysis, problems = {} } = JSON.parse(
    await runNode(folder, attw, tarballs[name] ?? '', '--format', 'json').catch(({ stdout }) => stdout),
  );
  return { publint, analysis, problems };
}
