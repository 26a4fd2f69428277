import type { Request } from 'express';
import { dutch } from './dutch.js';
import { english, type Words } from './english.js';

export type { Words };

export interface Language {
  lang: 'en' | 'nl';
  words: Words;
}

/**
 * The language of a page: what the address says by `lng` (`nl`, `nl-NL` and `nl_NL` are Dutch, all others English), and
 * without one what the browser prefers.
 */
export function languageOf(request: Request, lng: string | undefined): Language {
  const isDutch = lng ? /^nl(?![a-z])/i.test(lng) : request.acceptsLanguages('en', 'nl') === 'nl';
  return isDutch ? { lang: 'nl', words: dutch } : { lang: 'en', words: english };
}

/** The text with its `{name}`s replaced. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (found, name: string) => String(values[name] ?? found));
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const;

/** A span in the largest unit that it is at least one of: `30 days`, `10 seconden`. */
export function spanInWords(lang: Language['lang'], milliseconds: number): string {
  const [unit, size] = units.find(([, size]) => milliseconds >= size) ?? units[3];
  const format = new Intl.NumberFormat(lang, {
    style: 'unit',
    unit,
    unitDisplay: 'long',
    maximumFractionDigits: 0,
  });
  return format.format(milliseconds / size);
}
