import type { Language } from './preferences.js';

/** What pages use to write figures down in the reader's language. Dates are Unix time in milliseconds. */
export type Format = {
  number(value: number): string;
  /** A size in binary units: `100 MiB`. */
  bytes(value: number): string;
  /** A share of one in whole percents, never more than is there: `45%`. */
  percent(share: number): string;
  /** A length of time: `250 ms`, `4.2 sec`, `3 min 5 sec`, `2 hr`. */
  duration(ms: number): string;
  /** Day and time with the name of the time zone it is given in: `4 Mar 2025, 14:05:09 UTC`. */
  date(ms: number): string;
  /** The same without seconds, for lists. */
  shortDate(ms: number): string;
  /** A file's name with its control and direction marks made visible, so that `exe.fdp` can't pose as `pdf.exe`. */
  fileName(name: string): string;
  /** For `<time datetime>`: ISO 8601 in UTC. */
  iso(ms: number): string;
};

const locales: Record<Language, string> = { en: 'en-GB', nl: 'nl-NL' };
const binaryUnits = ['KiB', 'MiB', 'GiB', 'TiB'];
const formats = new Map<string, Format>();

/** Gives the formats of `language`; `timeZone` (an IANA name) is the machine's own where it is left out. */
export function formatOf(language: Language, timeZone?: string): Format {
  const name = `${language} ${timeZone}`;
  const format = formats.get(name) ?? createFormat(locales[language], timeZone);
  formats.set(name, format);
  return format;
}

function createFormat(locale: string, timeZone?: string): Format {
  const zone = timeZone === undefined ? {} : { timeZone };
  const whole = new Intl.NumberFormat(locale);
  const percents = new Intl.NumberFormat(locale, { style: 'percent' });
  const oneDigit = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  const day = {
    day: 'numeric',
    month: 'short',
    year: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
  } as const;
  const long = new Intl.DateTimeFormat(locale, { ...day, second: '2-digit', timeZoneName: 'short', ...zone });
  const short = new Intl.DateTimeFormat(locale, { ...day, timeZoneName: 'short', ...zone });
  const byte = new Intl.NumberFormat(locale, { style: 'unit', unit: 'byte', unitDisplay: 'long' });
  // Making one of these takes a tenth of a millisecond, and a long page writes hundreds of durations.
  const units = new Map<string, Intl.NumberFormat>();
  const unit = (value: number, name: string, digits = 0) => {
    const key = `${name} ${digits}`;
    const format =
      units.get(key) ??
      new Intl.NumberFormat(locale, {
        style: 'unit',
        unit: name,
        unitDisplay: 'short',
        maximumFractionDigits: digits,
      });
    units.set(key, format);
    return format.format(value);
  };

  return {
    number: (value) => whole.format(value),
    bytes(value) {
      if (value < 1024) return byte.format(value);
      let scaled = value;
      let step = -1;
      // 1023.95 would be written as "1,024 KiB".
      while (scaled >= 1023.95 && step < binaryUnits.length - 1) {
        scaled /= 1024;
        step += 1;
      }
      return `${oneDigit.format(scaled)} ${binaryUnits[step]}`;
    },
    percent: (share) => percents.format(Math.floor(share * 100) / 100),
    duration(ms) {
      if (ms < 1000) return unit(Math.round(ms), 'millisecond');
      if (ms < 10_000) return unit(ms / 1000, 'second', 1);
      const seconds = Math.round(ms / 1000);
      const parts = [
        [Math.floor(seconds / 3600), 'hour'],
        [Math.floor(seconds / 60) % 60, 'minute'],
        [seconds % 60, 'second'],
      ] as const;
      return parts
        .filter(([value]) => value > 0)
        .map(([value, name]) => unit(value, name))
        .join(' ');
    },
    date: (ms) => long.format(ms),
    shortDate: (ms) => short.format(ms),
    fileName: (name) => name.replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd'),
    iso: (ms) => new Date(ms).toISOString(),
  };
}
