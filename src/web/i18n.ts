import { readdirSync, readFileSync } from 'node:fs';
import { createInstance, type ResourceLanguage } from 'i18next';
import { formatOf } from './format.js';
import { type Language, languages } from './preferences.js';

/** Turns a key such as `push:state.queued.title` and its values into a sentence. Not HTML-escaped: EJS does that. */
export type Translate = (key: string, values?: Record<string, unknown>) => string;

const wordsFolder = new URL('./words/', import.meta.url);

const i18next = createInstance();
i18next.init({
  initAsync: false,
  resources: Object.fromEntries(languages.map((language) => [language, readWords(language)])),
  fallbackLng: languages[0],
  supportedLngs: [...languages],
  interpolation: { escapeValue: false },
  appendNamespaceToMissingKey: true,
});
// So that a sentence can say `{{maxBytes, bytes}}` and be given the plain number.
i18next.services.formatter?.add('bytes', (value, language) =>
  typeof value === 'number'
    ? formatOf(languages.find((known) => known === language) ?? languages[0]).bytes(value)
    : String(value),
);

/** Every word of one language by room (the file's name without `.json`), as the files say it. */
export function readWords(language: Language): ResourceLanguage {
  const folder = new URL(`${language}/`, wordsFolder);
  const files = readdirSync(folder).filter((name) => name.endsWith('.json'));
  return Object.fromEntries(
    files.map((name) => [
      name.slice(0, -'.json'.length),
      JSON.parse(readFileSync(new URL(name, folder), 'utf8')),
    ]),
  );
}

/** Gives the function that pages use as `t`. A key that does not exist comes back as itself; plurals go by `count`. */
export function translator(language: Language): Translate {
  const t = i18next.getFixedT(language);
  return (key, values) => String(t(key, values ?? {}));
}

/** Tells whether there is a word for `key` (in English, which has them all). */
export function hasWord(key: string): boolean {
  return i18next.exists(key, { lng: languages[0] });
}

/**
 * Gives a branch of the words as JSON with its `{{placeholders}}` left as they are, for a script that reads it from
 * a data attribute: `scriptWords('nl', 'push:script')`, or a whole room as `scriptWords('nl', 'fields')`.
 */
export function scriptWords(language: Language, key: string): string {
  const [room = '', path = ''] = key.split(':');
  const words =
    path === '' ? i18next.getResourceBundle(language, room) : i18next.getResource(language, room, path);
  return JSON.stringify(words ?? {});
}
