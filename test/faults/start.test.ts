import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { runApp } from '../../scripts/run-app.mjs';
import { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';

const refusing = pathToFileURL(join(process.cwd(), 'test/support/refuse-modules.mjs')).href;

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'start-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

/** The app in a process that can't load these modules: packages by name, files of ours by the end of their address. */
const runWithout = (modules: readonly string[], env: Record<string, string> = {}) =>
  runApp({
    nodeOptions: ['--import', refusing],
    env: { DATA_DIR: dataDir, LOG_LEVEL: 'warn', REFUSED_MODULES: modules.join(','), ...env },
  });

test('a start loads nothing of what only uploads, bundles, calls of digi.me, files or the description need', async () => {
  const app = runWithout([
    ...['@tus/server', 'file-type', 'axios', 'jsonwebtoken', 'multer', 'ajv', 'diff', 'fflate'],
    ...['/fhir/index.js', '/push/pages/uploads-router.js', '/openapi/docs-router.js', '/admin/index.js'],
    '/sandbox/sandbox-app.js',
  ]);
  const visitor = new Browser(`${await app.ready}/`);
  expect((await visitor.get('/readyz')).status).toBe(200);
  expect((await visitor.get('/')).status).toBe(200);
  // What is loaded after the ready line could not be: that is said, and costs nothing else.
  await eventually('the warning', () => app.said.err.includes('refused: '));
  expect((await visitor.get('/readyz')).status).toBe(200);
  expect((await visitor.get('/push/provider')).status).toBe(500);
  expect(await app.end()).toBe(0);
});

test('a start in live mode loads no sandbox', async () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const app = runWithout(['/sandbox/index.js'], {
    DIGIME_APPLICATION_ID: 'app',
    DIGIME_CONTRACT_ID: 'contract',
    DIGIME_PRIVATE_KEY: privateKey.export({ type: 'pkcs1', format: 'pem' }).toString(),
    APP_SECRET: 'a secret of thirty-two characters',
  });
  expect((await fetch(`${await app.ready}/readyz`)).status).toBe(200);
  expect(await app.end()).toBe(0);
});
