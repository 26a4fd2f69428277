import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { installPackages, lintPackage, root, runNode } from './install-packages.js';

let folder: string;
let tarballs: Record<string, string>;

beforeAll(async () => {
  ({ folder, tarballs } = await installPackages('client'));
}, 300_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const manifest = () =>
  JSON.parse(readFileSync(join(folder, 'node_modules/digime-client/package.json'), 'utf8'));

test('The package names what it needs and nothing else, and runs nothing when it is installed.', () => {
  expect(Object.keys(manifest().dependencies)).toEqual(['axios', 'jsonwebtoken', 'node-rsa']);
  expect(manifest().scripts).toBeUndefined();
  expect(manifest()).toMatchObject({
    name: 'digime-client',
    license: 'Apache-2.0',
    engines: { node: '>=20' },
  });
});

test('ES modules and CommonJS get the same client, so that instanceof holds across both.', async () => {
  writeFileSync(
    join(folder, 'both.mjs'),
    `import { createRequire } from 'node:module';
     import * as module from 'digime-client';
     const common = createRequire(import.meta.url)('digime-client');
     const names = Object.keys(common).sort();
     console.log(JSON.stringify([names, names.filter((name) => common[name] !== module[name])]));
     try { module.init({}); } catch (error) { console.log(error instanceof common.TypeValidationError, error.name); }`,
  );
  const [first = '', second] = (await runNode(folder, 'both.mjs')).split('\n');
  const [names, different] = JSON.parse(first);
  expect(names).toEqual(
    expect.arrayContaining(['init', 'ServerError', 'TypeValidationError', 'clientErrorCodes']),
  );
  expect(different).toEqual([]);
  expect(second).toBe('true TypeValidationError');
});

const program = `
import { type DigimeSDK, DigiMeServerError, type GetAuthorizeUrlOptions, init, type PushDataOptions, type UserAccessToken } from 'digime-client';
const sdk: DigimeSDK = init({ applicationId: 'a', agent: { name: 'ios', version: '5.1.0' } });
export async function run(options: GetAuthorizeUrlOptions, userAccessToken: UserAccessToken, push: PushDataOptions): Promise<string> {
  const { url, codeVerifier, session } = await sdk.getAuthorizeUrl({ ...options, serviceId: 1 });
  await sdk.pushData({ ...push, onResponse: ({ unreadable }) => unreadable?.code });
  const { filePromise } = sdk.readAllFiles({
    sessionKey: session.key, ...options.contractDetails, userAccessToken,
    onFileData: ({ fileName }) => fileName, onFileError: ({ error }) => ('error' in error ? error.error.code : error.message),
    onStatusChange: (state) => state.length,
  });
  const { state } = await filePromise;
  try { await sdk.deleteUser({ contractDetails: options.contractDetails, userAccessToken }); } catch (error) {
    if (error instanceof DigiMeServerError) return error.error.reference + error.call;
  }
  // @ts-expect-error A number is no contract.
  await sdk.readAccounts({ contractDetails: 1, userAccessToken });
  return url + codeVerifier + state;
}
`;

/** The compiler that still knows the oldest way to look for types. */
const oldCompiler = join(root, 'node_modules/@arethetypeswrong/core/node_modules/typescript/bin/tsc');
const compiler = join(root, 'node_modules/typescript/bin/tsc');

test.each([
  ['node10', 'commonjs', 'program.ts', oldCompiler],
  ['node16', 'node16', 'program.mts', compiler],
  ['node16', 'node16', 'program.cts', compiler],
  ['bundler', 'esnext', 'program.ts', compiler],
])(
  'A program compiles under moduleResolution %s (%s, %s) without @types/node, the package’s own types checked.',
  async (resolution, module, file, tsc) => {
    writeFileSync(join(folder, file), program);
    const options = `--noEmit --strict --target es2022 --lib es2022 --skipLibCheck false --moduleResolution ${resolution} --module ${module}`;
    const complaints = await runNode(folder, tsc, ...options.split(' '), file).catch(({ stdout }) => stdout);
    expect(complaints).toBe('');
  },
);

test('publint and are-the-types-wrong have nothing to say.', async () => {
  const { publint, analysis, problems } = await lintPackage(folder, tarballs, 'digime-client');
  expect(publint).toContain('All good!');
  expect(analysis.packageName).toBe('digime-client');
  expect(problems).toEqual({});
}, 180_000);
