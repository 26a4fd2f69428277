import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { hasWord, readWords } from '../../src/web/i18n.js';
import { languages } from '../../src/web/preferences.js';

const views = new URL('../../views/', import.meta.url);
const pages = readdirSync(views, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ejs') && !/^(partials|sandbox)\//.test(name))
  .filter((name) => readFileSync(new URL(name, views), 'utf8').includes('partials/top'))
  .map((name) => name.slice(0, -'.ejs'.length));

test('every page says in one sentence of its own what it is', () => {
  expect(pages.length).toBeGreaterThan(20);
  expect(pages.filter((page) => !hasWord(`descriptions:${page.replaceAll('/', '-')}`))).toEqual([]);
});

test.each(languages)(
  'no two pages say the same, and each sentence fits where it is shown (%s)',
  (language) => {
    const sentences = Object.values(readWords(language).descriptions as Record<string, string>);
    expect(new Set(sentences).size).toBe(sentences.length);
    expect(sentences.filter((sentence) => sentence.length > 155)).toEqual([]);
  },
);
