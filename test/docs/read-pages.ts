import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mainPath } from '../../scripts/run-app.mjs';

export const project = join(dirname(mainPath), '..');
export const read = (path: string) => readFileSync(join(project, path), 'utf8');

/** Every page of the documentation, by its path. */
export const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  ...readdirSync(join(project, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
];

export interface Block {
  /** What stands behind the fence: `sh`, `sh elsewhere`, `env` … */
  info: string;
  text: string;
}

/** The fenced blocks of a page, without the blanks of the list that they stand in. */
export const blocksOf = (page: string): Block[] =>
  [...read(page).matchAll(/^( *)```(.*)\n([\s\S]*?)^ *```$/gm)].map(
    ([, indent = '', info = '', text = '']) => ({
      info,
      text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
    }),
  );
