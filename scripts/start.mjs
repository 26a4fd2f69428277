import { spawn } from 'node:child_process';
import { ensureBuilt, ensureInstalled, nodeOptions, root } from './prepare.mjs';

/** `npm start` and `npm run sandbox`: install and build what is missing, then run dist/main.js with the words given. */
ensureInstalled();
ensureBuilt();
const child = spawn(process.execPath, [...nodeOptions, 'dist/main.js', ...process.argv.slice(2)], {
  cwd: root,
  stdio: 'inherit',
});
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
