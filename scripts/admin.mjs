import { ensureBuilt, ensureInstalled } from './prepare.mjs';

/** `npm run admin -- COMMAND`: operations on the app's data; the settings are those of the app. */
await ensureInstalled();
await ensureBuilt();
process.argv.splice(2, 0, 'admin');
await import('../dist/main.js');
