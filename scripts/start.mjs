import { endWithNpm } from './end-with-npm.mjs';
import { ensureBuilt, ensureInstalled } from './prepare.mjs';
import { root } from './run-command.mjs';

/**
 * `npm start` and `npm run sandbox`: installs and builds what is missing, then runs dist/main.js with the words given,
 * in this process: one process less to be left behind.
 */
endWithNpm();
await ensureInstalled();
await ensureBuilt();
process.chdir(root);
await import('../dist/main.js');
