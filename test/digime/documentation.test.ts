import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import { clientDocs } from '../../scripts/client-docs.mjs';
import { clientErrorCodes, init } from '../../src/digime/index.js';

const page = readFileSync(fileURLToPath(new URL('../../docs/client.md', import.meta.url)), 'utf8');

test('The page about the client is what its docstrings say: node scripts/client-docs.mjs writes it.', () => {
  expect(page).toBe(clientDocs());
});

test('Every call, every error code and every field of every table is explained.', () => {
  for (const call of Object.keys(init({ applicationId: 'a' }))) expect(page).toContain(`### ${call}\n`);
  for (const code of Object.keys(clientErrorCodes)) expect(page).toContain(`| \`${code}\` |`);
  const sections = page.split(/^##+ /m);
  const silent = sections.flatMap((section) => {
    const isOptions = section.includes('(options: ') || section.startsWith('init');
    const rows = [...section.matchAll(/^\| `(\w+\??)` \| .*\| {1,2}\|$/gm)];
    return isOptions ? rows.map(([, field]) => `${section.split('\n')[0]}: ${field}`) : [];
  });
  expect(silent).toEqual([]);
});
