import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { clientErrorCodes } from '../../src/digime/index.js';
import { errorStatus } from '../../src/errors.js';
import { hasWord, readWords, scriptWords, translator } from '../../src/web/i18n.js';
import type { Language } from '../../src/web/preferences.js';

const root = new URL('../../', import.meta.url);

/** Every sentence by its full key (`push:state.queued.title`). */
function flatten(language: Language): Map<string, string> {
  const sentences = new Map<string, string>();
  const walk = (key: string, value: unknown) => {
    if (typeof value === 'string') sentences.set(key, value);
    else for (const [name, inner] of Object.entries(value as object)) walk(`${key}.${name}`, inner);
  };
  for (const [room, words] of Object.entries(readWords(language))) {
    for (const [name, value] of Object.entries(words)) walk(`${room}:${name}`, value);
  }
  return sentences;
}

function placeholders(sentence: string): string[] {
  return [...sentence.matchAll(/\{\{\s*([^}]+?)\s*\}\}/g)].map((match) => match[1] ?? '').sort();
}

/** The keys that views and code ask for, as they are written: `t('push:upload.title')`. */
function keysAskedFor(folder: string, ending: string, pattern: RegExp): [string, string][] {
  return readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending) && !name.startsWith('sandbox'))
    .flatMap((name) =>
      [...readFileSync(new URL(`${folder}/${name}`, root), 'utf8').matchAll(pattern)].map(
        (match): [string, string] => [`${folder}/${name}`, match[1] ?? ''],
      ),
    );
}

const en = flatten('en');
const nl = flatten('nl');
const branches = [...en.keys()];

describe('the words', () => {
  test('are all there in both languages', () => {
    expect([...nl.keys()].filter((key) => !en.has(key))).toEqual([]);
    expect([...en.keys()].filter((key) => !nl.has(key))).toEqual([]);
    expect(en.size).toBeGreaterThan(100);
  });

  test('are never empty', () => {
    for (const words of [en, nl])
      expect([...words].filter(([, sentence]) => sentence.trim() === '')).toEqual([]);
  });

  test('take the same values in both languages', () => {
    const differing = [...en].filter(
      ([key, sentence]) => placeholders(sentence).join() !== placeholders(nl.get(key) ?? '').join(),
    );
    // "One file" needs no figure, so a language may leave the count out of its singular.
    expect(differing.filter(([key]) => !key.endsWith('_one'))).toEqual([]);
  });

  test('have both plural forms wherever they have one', () => {
    const forms = [...en.keys()].filter((key) => /_(one|other)$/.test(key));
    expect(forms.length).toBeGreaterThan(0);
    for (const key of forms) {
      expect(en.has(key.replace(/_(one|other)$/, '_one'))).toBe(true);
      expect(en.has(key.replace(/_(one|other)$/, '_other'))).toBe(true);
    }
  });

  test('include every sentence that a view or the code asks for by name', () => {
    const literal = /\bt\(\s*'([\w-]+:[\w.-]+)'/g;
    const asked = [...keysAskedFor('views', '.ejs', literal), ...keysAskedFor('src', '.ts', literal)];
    const missing = asked.filter(([, key]) => !hasWord(key) && !en.has(`${key}_other`));
    expect(missing).toEqual([]);
    expect(asked.length).toBeGreaterThan(80);
  });

  test('include every branch that a view completes while it runs, or hands to a script', () => {
    const started = keysAskedFor('views', '.ejs', /\bt\(\s*`([\w-]+:[\w.-]*?)\.?[\w]*\$\{/g);
    const scripts = keysAskedFor('views', '.ejs', /\bscriptWords\('([\w-]+(?::[\w.-]+)?)'\)/g);
    const missing = [...started, ...scripts].filter(
      ([, branch]) => !branches.some((key) => key.startsWith(`${branch}.`) || key.startsWith(`${branch}:`)),
    );
    expect(missing).toEqual([]);
    expect(scripts.length).toBeGreaterThan(0);
  });

  test('tell a person what happened and what to do for every error code', () => {
    const missing = Object.keys(errorStatus).filter(
      (code) => !['title', 'message', 'advice'].every((part) => en.has(`errors:${code}.${part}`)),
    );
    expect(missing).toEqual([]);
  });

  test('say in one sentence, and with advice, what each code of digi.me, the client and the checks means', () => {
    const sandbox = readFileSync(new URL('src/sandbox/refusal.ts', root), 'utf8');
    const refusals = [...sandbox.matchAll(/^ {2}([A-Z]\w+): \d{3},$/gm)].map((match) => match[1] ?? '');
    expect(refusals.length).toBeGreaterThan(15);
    const ofThePayload = ['PayloadUnreadable', 'PayloadMissing'];
    const onboarding = [
      'USER_CANCEL',
      'INITIALIZE_CHECK_FAIL',
      'ONBOARD_ERROR',
      'INVALID_CODE',
      'SERVER_ERROR',
    ];
    const codes = [...refusals, ...Object.keys(clientErrorCodes), ...ofThePayload, ...onboarding];
    const missing = codes.flatMap((code) =>
      [en, nl].flatMap((words) =>
        ['message', 'advice'].filter((part) => !words.has(`errors:platform.${code}.${part}`)).map(() => code),
      ),
    );
    expect(missing).toEqual([]);
  });

  test('call the reader “je” throughout, and the sandbox by one name', () => {
    const formal = [...nl].filter(([, sentence]) => /\b(u|uw|uzelf)\b/i.test(sentence));
    expect(formal).toEqual([]);
    const others = [...en, ...nl].filter(([, sentence]) =>
      /\bsand box|zandbak|test ?omgeving|test environment/i.test(sentence),
    );
    expect(others).toEqual([]);
  });

  test('name every state of a push', () => {
    const states = ['queued', 'pushing', 'delivered', 'failed', 'needs-reauthorization', 'cancelled'];
    for (const state of states) {
      for (const part of ['label', 'title', 'text']) expect(en.has(`push:state.${state}.${part}`)).toBe(true);
      expect(en.has(`push:script.${state}`)).toBe(true);
    }
  });
});

describe('a translated sentence', () => {
  test('carries its values as they are, for the template to escape', () => {
    const sentence = translator('en')('push:script.empty', { name: '<b>&.txt' });
    expect(sentence).toContain('<b>&.txt');
  });

  test('counts in its language', () => {
    expect(translator('nl')('common:problems.heading', { count: 1 })).toContain('één ding');
    expect(translator('nl')('common:problems.heading', { count: 3 })).toContain('3 dingen');
  });

  test('writes a limit in bytes as a person would', () => {
    const maxBytes = 1.5 * 1024 * 1024;
    expect(translator('en')('errors:FileTooLarge.message', { maxBytes })).toContain('1.5 MiB');
    expect(translator('nl')('errors:FileTooLarge.message', { maxBytes })).toContain('1,5 MiB');
  });

  test('keeps its placeholders when it is meant for a script', () => {
    const words = JSON.parse(scriptWords('nl', 'push:script'));
    expect(words.announceState).toBe('{{name}}: {{state}}');
  });
});
