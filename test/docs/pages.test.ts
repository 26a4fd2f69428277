import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fillTables, makeTables, pagesWithTables } from '../../scripts/docs-tables.mjs';
import { init } from '../../src/digime/index.js';
import { errorStatus } from '../../src/errors.js';
import { ruleBook } from '../../src/fhir/index.js';
import { routes } from '../../src/openapi/document.js';
import { type Pair, startPair } from '../support/start-pair.js';
import { blocksOf, pages, project, read } from './read-pages.js';

const words = JSON.parse(read('src/web/words/en/errors.json'));
const settings = new Set(
  [...read('.env.example').matchAll(/^# ([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name ?? ''),
);

test.each(pagesWithTables)('the tables of %s say what the sources say', (page) => {
  const tables = makeTables({
    routes,
    errorStatus,
    words,
    envExample: read('.env.example'),
    ruleBook,
    ruleWords: JSON.parse(read('src/fhir/explain/words/en.json')),
  });
  // When this fails: npm run docs
  expect(read(page)).toBe(fillTables(read(page), tables));
});

test('every route, error code and setting is in a table', () => {
  for (const { method, path } of routes)
    expect(read('docs/http.md')).toContain(`\`${method.toUpperCase()} ${path}\``);
  for (const code of Object.keys(errorStatus)) expect(read('docs/http.md')).toContain(`| \`${code}\` |`);
  for (const name of settings) expect(read('docs/operations.md')).toContain(`| \`${name}\` |`);
});

test('every call of the client is documented', () => {
  const client = init({ applicationId: 'documented' });
  const missing = Object.keys(client).filter((call) => !read('docs/client.md').includes(`\`${call}`));
  expect(missing).toEqual([]);
});

describe('with a running app', () => {
  let pair: Pair;
  beforeAll(async () => {
    pair = await startPair();
  });
  afterAll(() => pair.close());

  test('every metric is documented', async () => {
    const { text } = await pair.browser().get('/metrics');
    const names = [...text.matchAll(/^# HELP (\w+)/gm)].map(([, name]) => name ?? '');
    const own = names.filter((name) => !/^(process|nodejs)_/.test(name));
    expect(own.length).toBeGreaterThan(2);
    expect(own.filter((name) => !read('docs/operations.md').includes(`| \`${name}\` |`))).toEqual([]);
  });

  test('nothing is documented as a metric, or asked to be watched, that does not exist', async () => {
    const { text } = await pair.browser().get('/metrics');
    const named =
      read('docs/operations.md').match(/`(?:http|nodejs|process)_\w+(?=[`{])|`pushes(?=[`{])/g) ?? [];
    expect(named.length).toBeGreaterThan(2);
    expect(named.filter((name) => !text.includes(`# HELP ${name.slice(1)}`))).toEqual([]);
  });
});

test.each(pages)('%s leads only to what exists', (page) => {
  const anchorOf = (heading: string) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
  const text = read(page).replace(/^ *```[\s\S]*?^ *```$/gm, '');
  const broken = [...text.matchAll(/\]\((?!https?:|mailto:)([^)#\s]*)(?:#([^)\s]+))?\)/g)].filter(
    ([, path = '', anchor]) => {
      const target = path === '' ? page : join(dirname(page), path);
      if (!existsSync(join(project, target))) return true;
      const headings = [...read(target).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => anchorOf(heading));
      return anchor !== undefined && !headings.includes(anchor);
    },
  );
  expect(broken.map(([link]) => link)).toEqual([]);
});

test.each(pages)('%s names only settings and npm scripts that exist', (page) => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  const text = read(page);
  const named = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name = '']) => name);
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
  const unknown = [...text.matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]+)\b[^`]*`/g)]
    .map(([, name = '']) => name)
    .filter((name) => !settings.has(name.replace(/_FILE$/, '')) && !/^(RATE_LIMIT_|DIGIME_)$/.test(name));
  // What the system says, and what Node and the AWS SDK read by themselves; digi.me's own codes are in the words.
  const foreign = /^(EADDRINUSE|NODE_COMPILE_CACHE|AWS_\w+)$/;
  expect(unknown.filter((name) => !foreign.test(name) && !(name in words.platform))).toEqual([]);
});

test('codes that the page of symptoms names exist', () => {
  const named = [...read('docs/troubleshooting.md').matchAll(/`([A-Z][a-z]+(?:[A-Z][a-z]+)+)`/g)].map(
    ([, code = '']) => code,
  );
  expect(named.length).toBeGreaterThan(8);
  expect(named.filter((code) => !(code in errorStatus) && !(code in words.platform))).toEqual([]);
});

test('a block of code says how it is checked', () => {
  const known = ['sh', 'sh elsewhere', 'env', 'nginx', 'js', 'ts', 'json', 'text', 'html', ''];
  const others = pages.flatMap((page) => blocksOf(page).filter(({ info }) => !known.includes(info)));
  expect(others).toEqual([]);
});
