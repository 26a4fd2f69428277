import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's folder, with a final separator. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** One line of what a script is doing, on standard error: standard output belongs to the app's ready lines. */
export const report = (line) => void process.stderr.write(`${line}\n`);

/** How long a child that was asked to end may take. */
const graceMs = 1000;

/** Sends a signal to a child, and to what it has started where it leads a process group. */
function sendTo(child, isGroup, signal) {
  try {
    if (isGroup) process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has ended already.
  }
}

/**
 * Runs a program in the project's folder and waits for it. A signal that arrives meanwhile ends both: npm hands a
 * signal to the shell it started, which passes nothing on. A child that does not end soon is ended: `npm ci` finishes the
 * step that it is at, which may be minutes.
 * @param {string} command
 * @param {string[]} args
 * @param {import('node:child_process').SpawnOptions} [options] By default its output is shown
 * @returns {Promise<number>} the exit code; 1 when it could not be started or was ended by a signal
 */
export async function runCommand(command, args, options = {}) {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', ...options });
  const isGroup = options.detached === true;
  const onSignal = (signal) => {
    child.once('exit', () => {
      // What it started may not have ended with it.
      if (isGroup) sendTo(child, isGroup, 'SIGKILL');
      process.exit(1);
    });
    sendTo(child, isGroup, signal);
    setTimeout(() => sendTo(child, isGroup, 'SIGKILL'), graceMs);
  };
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, onSignal);
  try {
    const [code] = await once(child, 'exit');
    return code ?? 1;
  } catch (error) {
    report(`${command} could not be started: ${error.message}`);
    return 1;
  } finally {
    for (const signal of ['SIGINT', 'SIGTERM']) process.off(signal, onSignal);
  }
}

/** The same, for a step that the rest depends on: ends this process when it fails. */
export async function runOrExit(command, args, options) {
  const code = await runCommand(command, args, options);
  if (code === 0) return;
  report(`${command} ${args.join(' ')} failed with exit code ${code}`);
  process.exit(code);
}

/** Runs a JavaScript file with this Node; packages' programs are named by their files, which is the same on Windows. */
export const runNode = (file, args = [], options) => runOrExit(process.execPath, [file, ...args], options);

/** npm's own JavaScript: on Windows the command is a batch file, which only a shell can start. */
function npmFile() {
  const beside = dirname(process.execPath);
  const candidates = [
    /npm-cli\.js$/.test(process.env.npm_execpath ?? '') ? process.env.npm_execpath : '',
    join(beside, 'node_modules/npm/bin/npm-cli.js'),
    join(beside, '../lib/node_modules/npm/bin/npm-cli.js'),
  ];
  return candidates.find((path) => path !== '' && existsSync(path));
}

/** Runs npm; ends this process when it fails. */
export function runNpm(args, options) {
  const file = npmFile();
  return file === undefined ? runOrExit('npm', args, options) : runNode(file, args, options);
}
