import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { root } from './run-command.mjs';

/** The app as `ensureBuilt` leaves it. */
export const mainPath = join(root, 'dist/main.js');

/**
 * Runs the compiled app in a process of its own: what benchmarks, pictures and tests have in common. Settings are only
 * those given, so that nobody's own environment decides; `PATH` is kept.
 */
export function runApp(options = {}) {
  const {
    env = {},
    words = [],
    cwd = root,
    main = mainPath,
    nodeOptions = [],
    prefix = [],
    user = {},
  } = options;
  const [command, ...args] = [...prefix, process.execPath, ...nodeOptions, main, ...words];
  const child = spawn(command, args, {
    cwd,
    env: { PATH: process.env.PATH, PORT: '0', SANDBOX_PORT: '0', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    ...user,
  });
  const said = { out: '', err: '' };
  child.stderr.on('data', (text) => {
    said.err += text;
  });
  const ended = once(child, 'close').then(([code]) => code);
  const address = new Promise((resolve) => {
    child.stdout.on('data', (text) => {
      said.out += text;
      // The app's own line: the sandbox's comes before it and may arrive by itself.
      const found = /app ready on (http:\S+)\n/.exec(said.out)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  const ready = Promise.race([
    address,
    ended.then((code) => {
      throw new Error(`the app ended with ${code} before it was ready: ${said.err}`);
    }),
  ]);
  // Who runs an app that must not start never asks for its address.
  ready.catch(() => undefined);
  const end = (signal = 'SIGTERM') => {
    child.kill(signal);
    return ended;
  };
  return { child, said, ready, ended, end };
}
