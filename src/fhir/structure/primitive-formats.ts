import { readNarrative } from './narrative-div.js';

const datePattern = /^(\d{4})(?:-(\d\d)(?:-(\d\d))?)?$/;
const timePattern = /^(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?$/;
const zonePattern = /(?:Z|[+-](?:(?:0\d|1[0-3]):[0-5]\d|14:00))$/;
const oidPattern = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/;
const idPattern = /^[A-Za-z0-9.-]{1,64}$/;
const straySpace = /^\s|\s\s|[^\S ]|\s$/;
const longestString = 1024 * 1024;

/** The formats the schema names, as functions: a pattern alone cannot know that 30 February does not exist. */
export const primitiveFormats: Readonly<Record<string, (value: string) => boolean>> = {
  'fhir-string': isReadable,
  'fhir-code': (value) => isReadable(value) && !straySpace.test(value),
  'fhir-id': (value) => idPattern.test(value),
  'fhir-uri': (value) => isReadable(value) && !/\s/.test(value),
  'fhir-oid': (value) => oidPattern.test(value),
  'fhir-date': isDate,
  'fhir-dateTime': (value) => isDate(value) || isInstant(value),
  'fhir-instant': isInstant,
  'fhir-time': (value) => timePattern.test(value),
  'fhir-base64Binary': isBase64,
  'fhir-xhtml': (value) => readNarrative(value) !== undefined,
};

function isDate(value: string): boolean {
  const found = datePattern.exec(value);
  if (!found) return false;
  const [, year, month, day] = found;
  if (year === '0000') return false;
  if (month === undefined) return true;
  if (Number(month) < 1 || Number(month) > 12) return false;
  return day === undefined || (Number(day) >= 1 && Number(day) <= daysInMonth(Number(year), Number(month)));
}

function daysInMonth(year: number, month: number): number {
  if (month !== 2) return [4, 6, 9, 11].includes(month) ? 30 : 31;
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
}

function isInstant(value: string): boolean {
  if (value.length > 64 || value.charAt(10) !== 'T' || !zonePattern.test(value)) return false;
  return isDate(value.slice(0, 10)) && timePattern.test(value.slice(11).replace(zonePattern, ''));
}

/** Text is never empty or blank, at most 1 MiB, and holds no control characters but tab and line ends. */
function isReadable(value: string): boolean {
  if (value.length > longestString || !/\S/.test(value)) return false;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code < 32 && code !== 9 && code !== 10 && code !== 13) return false;
  }
  return true;
}

function isBase64(value: string): boolean {
  if (/[^A-Za-z0-9+/=\s]/.test(value)) return false;
  const compact = value.replace(/\s+/g, '');
  const padding = compact.indexOf('=');
  if (padding >= 0 && (padding < compact.length - 2 || !compact.endsWith('='))) return false;
  return compact.length > 0 && compact.length % 4 === 0;
}
