import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fillTables, makeTables, pagesWithTables } from './docs-tables.mjs';
import { ensureBuilt, ensureInstalled } from './prepare.mjs';
import { root } from './run-command.mjs';

/** `npm run docs`: writes the tables of routes, errors, settings and rules into their pages anew. */
await ensureInstalled();
await ensureBuilt();
const { routes } = await import('../dist/openapi/document.js');
const { errorStatus } = await import('../dist/errors.js');
const { ruleBook } = await import('../dist/fhir/index.js');
const read = (path) => readFileSync(join(root, path), 'utf8');
const tables = makeTables({
  routes,
  errorStatus,
  words: JSON.parse(read('src/web/words/en/errors.json')),
  envExample: read('.env.example'),
  ruleBook,
  ruleWords: JSON.parse(read('src/fhir/explain/words/en.json')),
});
for (const path of pagesWithTables) writeFileSync(join(root, path), fillTables(read(path), tables));
