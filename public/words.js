const locale = { en: 'en-GB', nl: 'nl-NL' }[document.documentElement.lang] ?? 'en-GB';
const percentFormat = new Intl.NumberFormat(locale, { style: 'percent' });
const sizeFormat = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const byteFormat = new Intl.NumberFormat(locale, { style: 'unit', unit: 'byte', unitDisplay: 'long' });
const timeFormats = ['second', 'minute', 'hour'].map(
  (unit) =>
    new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 }),
);

/* Gives `say(key, values)` over the words that the server put on the page, with their `{{placeholders}}`. */
export function createSay(words) {
  return (key, values = {}) =>
    (words[key] ?? key).replace(/\{\{(\w+)\}\}/g, (whole, name) => values[name] ?? whole);
}

export const formatPercent = (share) => percentFormat.format(Math.floor(share * 100) / 100);

export function formatBytes(bytes) {
  if (bytes < 1024) return byteFormat.format(bytes);
  const units = ['KiB', 'MiB', 'GiB', 'TiB'];
  let scaled = bytes;
  let step = -1;
  // 1023.95 would be written as "1,024 KiB".
  while (scaled >= 1023.95 && step < units.length - 1) {
    scaled /= 1024;
    step += 1;
  }
  return `${sizeFormat.format(scaled)} ${units[step]}`;
}

export function formatTime(ms) {
  const seconds = Math.max(1, Math.round(ms / 1000));
  const step = seconds < 90 ? 0 : seconds < 5400 ? 1 : 2;
  return timeFormats[step].format(Math.round(seconds / 60 ** step));
}

/* As the server writes it: marks that turn the direction of writing could make one ending look like another. */
export function safeName(name) {
  return name.replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '\ufffd');
}
