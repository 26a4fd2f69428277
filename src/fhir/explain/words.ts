import { readFileSync } from 'node:fs';
import type { MessageValue, MessageValues } from './problem.js';

/** The languages in which the check speaks. */
export const messageLanguages = ['en', 'nl'] as const;
export type MessageLanguage = (typeof messageLanguages)[number];

const words: Record<MessageLanguage, Record<string, string>> = { en: read('en'), nl: read('nl') };

function read(language: MessageLanguage): Record<string, string> {
  return JSON.parse(readFileSync(new URL(`./words/${language}.json`, import.meta.url), 'utf8'));
}

/** The sentence of a rule or phrase in a language, its `{places}` filled; a key without words comes back as itself. */
export function sayIn(language: MessageLanguage, key: string, values: MessageValues = {}): string {
  const sentence = words[language][key] ?? words.en[key] ?? key;
  return sentence.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    return value === undefined ? place : textOf(language, value);
  });
}

function textOf(language: MessageLanguage, value: MessageValue): string {
  return typeof value === 'object' ? sayIn(language, value.say, value.values) : String(value);
}
