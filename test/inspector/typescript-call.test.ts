import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { printLiteral } from '../../src/inspector/print-literal.js';
import { snippetPlaceholders, typescriptCall } from '../../src/inspector/typescript-call.js';
import { everyExchange, exchangeOf } from './example-exchanges.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);

/** Compiles the snippets as one module against the client, as strictly as the project. @returns what tsc says of them */
async function compile(snippets: readonly (string | undefined)[]): Promise<string> {
  // Beside the sources, so that packages are found; tsc writes nothing.
  const folder = await mkdtemp(join(root, 'test/inspector/.snippets-'));
  const source = [
    "import type { createReadStream as Open } from 'node:fs';",
    "import type { DigiMe, UserAccessToken } from '../../../src/digime/index.js';",
    'declare const createReadStream: typeof Open;',
    ...Object.entries(snippetPlaceholders).map(([name, type]) => `declare const ${name}: ${type};`),
    ...snippets.map((snippet, index) => `export async function snippet${index}() {\n${snippet}\n}`),
  ];
  try {
    await writeFile(join(folder, 'snippets.ts'), source.join('\n'));
    await writeFile(
      join(folder, 'tsconfig.json'),
      JSON.stringify({
        extends: '../../../tsconfig.json',
        compilerOptions: { noUnusedLocals: false },
        include: ['snippets.ts'],
      }),
    );
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder]);
    return '';
  } catch (error) {
    const said = (error as { stdout?: string }).stdout ?? String(error);
    return said
      .split('\n')
      .filter((line) => line.includes('.snippets-'))
      .join('\n');
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the TypeScript of every call compiles against the client, and a wrong one does not', async () => {
  const snippets = everyExchange.map(typescriptCall);
  expect(snippets.filter((snippet) => snippet === undefined)).toEqual([]);
  expect(await compile(snippets)).toBe('');
  const wrong = snippets.map((snippet) => snippet?.replace('contractId:', 'contract:'));
  const complaints = await compile(wrong);
  expect(complaints.match(/error TS/g)?.length).toBeGreaterThanOrEqual(snippets.length);
}, 180_000);

test('a snippet names the contract and what was sent, and leaves what is secret to be filled in', () => {
  const exchange = exchangeOf('exchangeCodeForToken', {
    ...{ method: 'POST', path: 'oauth/token' },
    claims: { client_id: 'app_contract', code: 'abcd…', code_verifier: 'efgh…' },
  });
  expect(typescriptCall(exchange)).toBe(
    [
      'const freshToken = await sdk.exchangeCodeForToken({',
      '  contractDetails: {',
      "    contractId: 'contract',",
      '    privateKey,',
      '  },',
      '  codeVerifier,',
      '  authorizationCode,',
      '});',
    ].join('\n'),
  );
});

test('what the client does by itself has no call', () => {
  expect(typescriptCall(exchangeOf('jwks', { method: 'GET', path: 'jwks/oauth' }))).toBeUndefined();
});

test('a literal is read back as the value it was made of', () => {
  const value = {
    plain: 1,
    'needs quotes': [true, null, 'it\'s "so" \\" \\\\ \u2028 \n'],
    deep: { list: [{ a: [] }, {}] },
    ...JSON.parse('{"__proto__": {"x": 1}}'),
  };
  Object.defineProperty(value, '__proto__', { value: { x: 1 }, enumerable: true });
  const read: unknown = new Function(`return ${printLiteral(value)}`)();
  expect(JSON.stringify(read)).toBe(JSON.stringify(value));
});
