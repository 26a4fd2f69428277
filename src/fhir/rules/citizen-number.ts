import type { PathSegment, Report } from '../explain/problem.js';
import { type Fields, isFields, objectsIn } from '../walk-resource.js';

/** The citizen number's naming system and OID, however they are spelled around their ends. */
const systemName = 'fhir.nl/fhir/namingsystem/bsn';
const systemOid = '2.16.840.1.113883.2.4.6.3';
/** HL7 v2 table 0203: the Dutch national person identifier. */
const typeCode = 'NNNLD';

const inAddress =
  /(?:namingsystem\/bsn|2\.16\.840\.1\.113883\.2\.4\.6\.3)[/#]?\s*[|/.=]\s*\d|[?&](?:patient\.)?(?:bsn|burgerservicenummer)(?::exact)?=\s*\d/i;
const numberShape =
  /(?<![\d.,/-])(?:\d{9}|\d{3}[ .-]\d{3}[ .-]\d{3}|\d{4}[ .-]\d{2}[ .-]\d{3})(?![\dA-Za-z]|[.,/-]\d)/g;
/** Eight digits, or characters that could stand for some. */
const mayHoldNumber = /\d(?:[ .-]?\d){7}|[^ -~\s]|%[0-9a-f]{2}/i;
const name =
  /(?<![a-z])bsn(?![a-z])|bsn[\s_-]?(?:nr|num)|burger[\s_-]*service|sofi[\s_-]*(?:nr|num)|citizen[\s_-]*service[\s_-]*n|social[\s_-]*fiscal[\s_-]*n/i;
/** After one of these a number is something else, although the citizen number was named before. */
const otherName =
  /dossier|tel(?:efoon|ephone|\b)|phone|fax|polis|order|factuur|invoice|klant|rekening|kvk|agb|uzi|\bbig\b|referentie|kenmerk|postcode|file/i;
const reach = 60;

/** Keys whose strings a person reads: only there a number without a name is worth a remark. */
const readKeys = new Set('div text display comment description title valueString note conclusion'.split(' '));
/** Base64, which holds nine digits in a row by chance. */
const encodedKeys = new Set(['data', 'content', 'hash', 'blob']);

/**
 * Reports the Dutch citizen number (BSN) wherever it stands in a JSON value, known element or not: as the value of an
 * identifier of its system, in a string or number that is named like one, in a search or conditional reference. Nine
 * digits that pass the eleven-test without a name are a remark only: one number in eleven passes by chance.
 */
export function reportCitizenNumbers(value: Fields, report: Report): void {
  search(value, [], never, report);
}

/** Whether what is looked at is named like a citizen number; asked only where there are digits. */
type IsNamed = () => boolean;
const never: IsNamed = () => false;
const always: IsNamed = () => true;

function search(value: unknown, path: PathSegment[], isNamed: IsNamed, report: Report): void {
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++)
      searchMember(index, value[index], path, isNamed, report);
    return;
  }
  if (!isFields(value)) return;
  if (isIdentifierInClear(value)) {
    report([...path, 'value'], 'bsn-identifier');
    return;
  }
  if (value.value !== undefined && isCitizenSystem(value.system) && /\p{L}/u.test(String(value.value))) {
    report([...path, 'value'], 'bsn-value');
  }
  let own: boolean | undefined;
  const named = () => {
    own ??= isNamed() || isNamedObject(value);
    return own;
  };
  for (const key in value) {
    if (encodedKeys.has(key) && typeof value[key] === 'string') continue;
    const { names, passesOn } = traitsOf(key);
    searchMember(key, value[key], path, names ? always : passesOn ? named : never, report, value);
  }
}

interface KeyTraits {
  names: boolean;
  /** What an object is named holds for what is below this key. */
  passesOn: boolean;
}

const knownTraits = new Map<string, KeyTraits>();

/** FHIR has a few hundred keys: what is known of them is kept, in bounded space. */
function traitsOf(key: string): KeyTraits {
  const known = knownTraits.get(key);
  if (known) return known;
  const traits = {
    names: nameOf(key.slice(0, 300)),
    passesOn: /^(?:value|answer|extension|_value|coding)/.test(key),
  };
  if (key.length <= 40 && knownTraits.size < 2000) knownTraits.set(key, traits);
  return traits;
}

function searchMember(
  key: PathSegment,
  value: unknown,
  path: PathSegment[],
  isNamed: IsNamed,
  report: Report,
  holder?: Fields,
): void {
  path.push(key);
  if (typeof value === 'string') searchText(value, path, isNamed, report, holder);
  else if (typeof value === 'number') {
    if (value >= 10_000_000 && passesElevenTest(String(value).padStart(9, '0')) && isNamed()) {
      report(path, 'bsn-named');
    }
  } else search(value, path, isNamed, report);
  path.pop();
}

function searchText(
  raw: string,
  path: PathSegment[],
  isNamed: IsNamed,
  report: Report,
  holder: Fields | undefined,
): void {
  if (raw.length < 8) return;
  const key = String(path.findLast((segment) => typeof segment === 'string') ?? '');
  if (key !== 'div' && !mayHoldNumber.test(raw)) return;
  if (inAddress.test(raw) || (raw.includes('%') && inAddress.test(decoded(raw)))) {
    report(path, 'bsn-in-address');
    return;
  }
  if (/^\s*\d{8,9}\s*$/.test(raw) && passesElevenTest(raw.trim().padStart(9, '0')) && isNamed()) {
    report(path, 'bsn-named');
    return;
  }
  const text = readableText(key, raw);
  for (const found of text.matchAll(numberShape)) {
    if (!passesElevenTest(found[0].replace(/\D/g, ''))) continue;
    if (isNamed() || isNamedAround(text, found.index, found.index + found[0].length)) {
      report(path, 'bsn-named');
      return;
    }
    if (isWorthARemark(key, text, found, holder)) report(path, 'bsn-perhaps');
  }
}

function isIdentifierInClear({ system, type, value, url }: Fields): boolean {
  if (typeof value !== 'string' && typeof value !== 'number') return false;
  if (!/\d/.test(String(value))) return false;
  if (isCitizenSystem(system) || isCitizenSystem(url)) return true;
  const isTyped = objectsIn(isFields(type) ? type.coding : undefined).some(({ code }) => code === typeCode);
  return isTyped && passesElevenTest(String(value).replace(/\D/g, '').padStart(9, '0'));
}

/** http or https, `www.`, a port, a slash or `#` at the end, percent-encoded, in capitals, as an OID with or without `urn:oid:`. */
function isCitizenSystem(system: unknown): boolean {
  if (typeof system !== 'string' || system.length > 300) return false;
  const plain = decoded(system)
    .normalize('NFKC')
    .replace(/[\s\u200b-\u200d\ufeff]+/g, '')
    .toLowerCase()
    .replace(/[/#?]+$/, '')
    .replace(/^(?:https?:)?\/*(?:www\.)?/, '')
    .replace(/^(fhir\.nl):\d+/, '$1')
    .replace(/\/{2,}/g, '/')
    .replace(/^urn:oid:|^oid:/, '');
  return plain === systemName || plain === systemOid || plain === 'urn:bsn' || plain === 'bsn';
}

function isNamedObject(value: Fields): boolean {
  const concepts = [value.code, value.type].filter(isFields);
  const words = [value, ...concepts, ...concepts.flatMap(({ coding }) => objectsIn(coding))].flatMap(
    ({ url, system, linkId, text, display, title, name: ownName }) => [
      url,
      system,
      linkId,
      text,
      display,
      title,
      ownName,
    ],
  );
  return words.some(
    (word) => typeof word === 'string' && word.length <= 300 && (nameOf(word) || isCitizenSystem(word)),
  );
}

/** `patientBsn` and `bsn_nummer` name it too. */
function nameOf(word: string): boolean {
  return name.test(word) || /[a-z]B(?:sn|SN)(?![a-z])/.test(word);
}

function isNamedAround(text: string, start: number, end: number): boolean {
  const before = text.slice(Math.max(0, start - reach), start);
  const last = [...before.matchAll(new RegExp(name, 'gi'))].at(-1);
  if (last && !otherName.test(before.slice(last.index + last[0].length))) return true;
  return name.test(text.slice(end, end + 12));
}

function isWorthARemark(
  key: string,
  text: string,
  found: RegExpExecArray,
  holder: Fields | undefined,
): boolean {
  if (/[A-Za-z_]/.test(text[found.index - 1] ?? '')) return false;
  if (key === 'reference') return /(?:^|\/)Patient\/\d{9}(?:$|[/?|#])/.test(text);
  if (key === 'id') return holder?.resourceType === 'Patient';
  if (key === 'value')
    return holder !== undefined && holder.system === undefined && holder.unit === undefined;
  return readKeys.has(key) && !otherName.test(text.slice(Math.max(0, found.index - 30), found.index));
}

/** Without the tags that could stand within a number, and with its characters in their plain form. */
function readableText(key: string, raw: string): string {
  let text = raw;
  if (key === 'div') {
    text = text
      .replace(/<\/?(?:b|i|u|em|strong|span|a|small|big|tt|code|sub|sup)(?:\s[^<>]{0,2000})?>/g, '')
      .replace(/<[^<>]*>/g, ' ')
      .replace(/&#(?:x([0-9a-f]{1,6})|(\d{1,7}));/gi, (_whole, hexadecimal?: string, decimal?: string) => {
        const code = hexadecimal ? Number.parseInt(hexadecimal, 16) : Number(decimal);
        return code <= 0x10ffff ? String.fromCodePoint(code) : ' ';
      });
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: whether there is anything but ASCII
  if (/[^\u0000-\u007f]/.test(text))
    text = text.normalize('NFKC').replace(/[\u00ad\u200b-\u200d\u2060\ufeff]/g, '');
  return text;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The eleven-test: 9a + 8b + … + 2h − i is a multiple of eleven. */
function passesElevenTest(digits: string): boolean {
  if (!/^\d{9}$/.test(digits) || /^0{9}$/.test(digits)) return false;
  let sum = 0;
  for (let at = 0; at < 8; at++) sum += (9 - at) * Number(digits[at]);
  return (sum - Number(digits[8])) % 11 === 0;
}
