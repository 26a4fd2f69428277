import { ensureBuilt, ensureInstalled } from './prepare.mjs';

/** `npm run check-bundle -- [--format text|json|sarif] [--language en|nl] FILE…` */
await ensureInstalled();
await ensureBuilt();
const { checkBundleCommand } = await import('../dist/fhir/index.js');
process.exitCode = checkBundleCommand(process.argv.slice(2), (text) => process.stdout.write(text));
