import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { loadConfig } from '../../src/config/index.js';
import { sandboxPlatform } from '../../src/sandbox-platform.js';
import { startApp } from '../../src/start-app.js';
import { createLogger } from '../../src/web/index.js';
import { browserFor } from '../support/browser.js';
import { eventually } from '../support/eventually.js';
import { startKeyedSandbox } from '../support/keyed-sandbox.js';

test('without a read contract the page says what is missing and how to get it', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'push-'));
  const sandbox = await startKeyedSandbox({ port: 0, dataDir: join(dataDir, 'sandbox') });
  const { read: _read, ...contracts } = sandboxPlatform(sandbox.credentials(), sandbox.url).contracts;
  // The contract of the provider reads and the one for the library is refused: the first page has to say so.
  const credentials = sandbox.credentials().contracts;
  const reading = credentials.find(({ role }) => role === 'read');
  const app = await startApp({
    config: loadConfig({ PORT: '0', DATA_DIR: join(dataDir, 'app'), DIGIME_MODE: 'sandbox' }),
    appSecret: 'a secret of thirty-two characters',
    platform: {
      ...sandboxPlatform(sandbox.credentials(), sandbox.url),
      contracts: {
        ...contracts,
        ...(reading && { provider: { contractId: reading.id, privateKey: reading.privateKey } }),
      },
    },
    log: createLogger('silent'),
  });
  try {
    const browser = browserFor(app);
    const page = await browser.get('/library');
    expect(page.status).toBe(404);
    expect(page.text).toContain('DIGIME_READ_CONTRACT_ID');
    expect(page.text).toContain('DIGIME_READ_PRIVATE_KEY');
    expect((await browser.getJson('/library')).json.error.code).toBe('ReadContractMissing');
    expect((await browser.post('/library/authorize')).json.error.code).toBe('ReadContractMissing');
    expect((await browser.getJson('/library/name')).json.error.code).toBe('ReadContractMissing');

    // Asked for in the background: the page does not wait for digi.me.
    const shown = await eventually(
      'what digi.me says of the contracts',
      async () => (await browser.getJson('/')).json.contracts,
      ({ length }) => length > 0,
    );
    expect(shown).toMatchObject([
      { role: 'library', accessType: 'w', name: expect.stringContaining('Push files') },
      { role: 'provider', accessType: 'r', problem: expect.stringContaining("can't write") },
    ]);
    expect(shown[0].problem).toBeUndefined();
    expect(shown[0].expiresAt).toBeGreaterThan(Date.now());
    expect((await browser.get('/')).text).toContain('One contract of this app has a problem');
  } finally {
    await app.close(1000);
    await sandbox.close();
    await rm(dataDir, { recursive: true, force: true });
  }
});
