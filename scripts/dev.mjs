import { spawn } from 'node:child_process';
import { endWithNpm } from './end-with-npm.mjs';
import { build, ensureInstalled } from './prepare.mjs';
import { root } from './run-command.mjs';

/** `npm run dev`: the compiler watches src/, Node watches dist/ and views/. */
endWithNpm();
await ensureInstalled();
await build();
const watchers = [
  ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json', '--watch', '--preserveWatchOutput'],
  ['--watch-path=dist', '--watch-path=views', '--watch-path=public', 'dist/main.js', '--dev'],
].map((args) => spawn(process.execPath, args, { cwd: root, stdio: 'inherit' }));
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.on(signal, () => {
    for (const watcher of watchers) watcher.kill(signal);
    process.exit(0);
  });
}
