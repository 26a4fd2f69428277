import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { installPackages, lintPackage, runNode } from './install-packages.js';

let folder: string;
let tarballs: Record<string, string>;

beforeAll(async () => {
  ({ folder, tarballs } = await installPackages('client', 'sandbox'));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const manifest = () =>
  JSON.parse(readFileSync(join(folder, 'node_modules/digime-sandbox/package.json'), 'utf8'));

test('The package runs nothing when it is installed, and needs neither a database nor the client.', () => {
  expect(manifest().scripts).toBeUndefined();
  const { dependencies } = manifest();
  expect(Object.keys(dependencies)).toEqual(expect.arrayContaining(['express', 'jsonwebtoken']));
  expect(dependencies).not.toHaveProperty('better-sqlite3');
  expect(dependencies).not.toHaveProperty('digime-client');
});

const program = `
  const sandbox = await startSandbox();
  const { applicationId, baseUrl, onboardUrl, contracts } = sandbox.credentials();
  const { id: contractId, privateKey } = contracts.find(({ role }) => role === 'write');
  const sdk = init({ applicationId, baseUrl, onboardUrl });
  const contractDetails = { contractId, privateKey };
  const { cloudId: storageId } = await sdk.createProvisionalStorage({ contractDetails });
  const file = { contractDetails, storageId, fileName: 'a.txt' };
  await sdk.uploadFileToStorage({ ...file, fileData: Buffer.from('as installed') });
  console.log((await sdk.downloadStorageFile(file)).fileData.toString());
  await sandbox.close();
`;

test.each([
  [
    'program.mjs',
    `import { init } from 'digime-client'; import { startSandbox } from 'digime-sandbox'; ${program}`,
  ],
  [
    'program.cjs',
    `const { init } = require('digime-client'); const { startSandbox } = require('digime-sandbox'); (async () => { ${program} })();`,
  ],
])(
  'The client as a package works with the sandbox as a package, in %s, and the process ends.',
  async (file, source) => {
    writeFileSync(join(folder, file), source);
    expect(await runNode(folder, file)).toBe('as installed\n');
  },
);

test('The command of the package starts a sandbox and says where.', async () => {
  const command = join(folder, 'node_modules/digime-sandbox', manifest().bin['digime-sandbox']);
  const sandbox = spawn(process.execPath, [command, '--port', '0'], {
    cwd: folder,
    env: { ...process.env, DATA_DIR: join(folder, 'data') },
  });
  try {
    let address: string | undefined;
    for await (const line of createInterface(sandbox.stdout)) {
      address = /http:\/\/localhost:\d+/.exec(line)?.[0];
      if (address) break;
    }
    const credentials = await fetch(`${address}/sandbox/credentials`);
    expect(await credentials.json()).toMatchObject({ applicationId: expect.stringMatching(/^sandbox-/) });
  } finally {
    const ended = once(sandbox, 'exit');
    sandbox.kill();
    await ended;
  }
});

test('publint and are-the-types-wrong have nothing to say.', async () => {
  const { publint, analysis, problems } = await lintPackage(folder, tarballs, 'digime-sandbox');
  expect(publint).toContain('All good!');
  expect(analysis.packageName).toBe('digime-sandbox');
  expect(problems).toEqual({});
}, 180_000);
