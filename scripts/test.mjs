import { ensureChromium } from './chromium.mjs';
import { endWithNpm } from './end-with-npm.mjs';
import { ensureBuilt, ensureInstalled } from './prepare.mjs';
import { root, runCommand, runNode } from './run-command.mjs';
import { runTwice } from './run-twice.mjs';

/** `npm test`: everything, from an empty clone. Words given go to jest: `npm test -- --selectProjects units`. */
endWithNpm();
await ensureInstalled();
await ensureBuilt();
const chosen = process.argv.slice(2);
if (chosen.length === 0) {
  await runNode('node_modules/typescript/bin/tsc', ['--noEmit']);
  await runNode('node_modules/@biomejs/biome/bin/biome', ['check', '.']);
}
const env = { ...process.env, CHROMIUM_PATH: await ensureChromium() };
const jest = ['--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js'];
process.exit(
  process.env.CI === 'true'
    ? await runTwice(jest, chosen, { cwd: root, env })
    : await runCommand(process.execPath, [...jest, ...chosen], { env }),
);
