/** A place in a document: `parent[key]` is `value`. */
export interface Site {
  parent: Record<string, unknown>;
  key: string;
  value: unknown;
  path: string;
}

/** Damages the document at the site and returns true, or returns false where this kind does not apply. */
type Damage = (site: Site, random: () => number) => boolean;

/**
 * Required elements by the tables of the specification (hl7.org/fhir/STU3), written down here by hand so that the
 * measure does not lean on what it measures. Removing anything else can leave a valid document, so it is not counted.
 */
const REQUIRED: Record<string, readonly string[]> = {
  Bundle: ['type'],
  Observation: ['status', 'code'],
  QuestionnaireResponse: ['status'],
  Task: ['status', 'intent'],
  List: ['status', 'mode'],
  Media: ['type', 'content'],
  Binary: ['contentType', 'content'],
  DocumentReference: ['status', 'type', 'indexed', 'content'],
  DocumentManifest: ['status', 'content'],
};
const REQUIRED_BY_PLACE: readonly [RegExp, readonly string[]][] = [
  [/\.text$/, ['status', 'div']],
  [/xtension\[\d+\]$/, ['url']],
  [/^entry\[\d+\]\.request$/, ['method', 'url']],
  [/\.output\[\d+\]$/, ['type']],
];
const REQUIRED_CODES = new Set(['status', 'gender', 'method', 'use', 'intent', 'docStatus']);
const DATES = new Set(
  'birthDate effectiveDateTime start end issued date created indexed authored authoredOn lastModified lastUpdated occurrenceDateTime valueDate valueDateTime creation'.split(
    ' ',
  ),
);
const NO_DATES = [
  '2019-02-30',
  '2019-13-01',
  '2023-02-29',
  '12-05-2019',
  '2019-02-01T25:00:00Z',
  'yesterday',
];
const CHOICE = /^_?(value|effective|occurrence)[A-Z]/;

const replace = (site: Site, value: unknown) => {
  site.parent[site.key] = value;
  return true;
};
const isObject = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value);
const pick = <T>(list: readonly T[], random: () => number) => list[Math.floor(random() * list.length)] as T;
const inList = (site: Site) => Array.isArray(site.parent);

/** The kinds of damage; after each, the document breaks FHIR's own rules, whatever the site. */
export const damages: Readonly<Record<string, Damage>> = {
  'a required element removed': (site) => {
    const at = site.path.slice(0, Math.max(0, site.path.lastIndexOf('.')));
    const byPlace = REQUIRED_BY_PLACE.filter(([place]) => place.test(at)).flatMap(([, keys]) => keys);
    const required = [...byPlace, ...(REQUIRED[String(site.parent.resourceType)] ?? [])];
    // An extension on the `_name` sibling excuses a missing primitive.
    if (!required.includes(site.key) || `_${site.key}` in site.parent) return false;
    return delete site.parent[site.key];
  },
  'a key renamed': (site, random) => {
    if (inList(site)) return false;
    const { key } = site;
    const other = pick([`${key}x`, key.slice(0, -1), key.replace(/[a-z]/, (c) => c.toUpperCase())], random);
    delete site.parent[key];
    site.parent[other] = site.value;
    return true;
  },
  'a primitive of another type': (site, random) => {
    if (typeof site.value === 'string') return replace(site, pick([7, true, { a: 1 }, ['a']], random));
    if (typeof site.value === 'object') return false;
    return replace(site, String(site.value));
  },
  'an object where a list belongs, or the reverse': (site) => {
    if (Array.isArray(site.value)) return replace(site, site.value[0]);
    return isObject(site.value) && replace(site, [site.value]);
  },
  'text in place of an object or a list': (site) => typeof site.value === 'object' && replace(site, 'a text'),
  'a code outside its required set': (site, random) =>
    REQUIRED_CODES.has(site.key) &&
    typeof site.value === 'string' &&
    replace(site, pick(['not-a-code', `${site.value.charAt(0)}`, `${site.value}s`], random)),
  'a date that does not exist': (site, random) =>
    DATES.has(site.key) && typeof site.value === 'string' && replace(site, pick(NO_DATES, random)),
  'an empty value': (site) => {
    if (typeof site.value === 'string') return replace(site, '');
    return typeof site.value === 'object' && replace(site, Array.isArray(site.value) ? [] : {});
  },
  null: (site) => !inList(site) && replace(site, null),
  'blank text': (site) => typeof site.value === 'string' && replace(site, '  '),
  'a control character': (site) => typeof site.value === 'string' && replace(site, `${site.value}\u0001`),
  'an extra key': (site) => isObject(site.value) && replace(site, { ...(site.value as object), extra: 'x' }),
  'a list in a list': (site) => Array.isArray(site.value) && replace(site, [site.value]),
  'a resource type that does not exist': (site) =>
    site.key === 'resourceType' && replace(site, `${site.value}e`),
  'a second value[x]': (site) => {
    if (!CHOICE.test(site.key)) return false;
    const base = site.key.replace(/^_?([a-z]+).*/, '$1');
    const other = site.key.endsWith('DateTime') ? 'Period' : 'DateTime';
    site.parent[base + other] = other === 'Period' ? { start: '2020' } : '2020';
    return true;
  },
  'an id with forbidden letters': (site) =>
    site.key === 'id' && 'resourceType' in site.parent && replace(site, 'not an id!'),
  'a space in a URI': (site) =>
    ['url', 'system', 'fullUrl'].includes(site.key) &&
    /^(http|urn)/.test(String(site.value)) &&
    replace(site, `${site.value} x`),
};

/**
 * Every place of a document at which a damage can be judged. Left out: what a contained resource of a type outside the
 * 17 holds, since nothing here describes it.
 */
export function sitesOf(document: Record<string, unknown>, sendable: ReadonlySet<string>): Site[] {
  const sites: Site[] = [];
  const collect = (parent: unknown, path: string) => {
    const type = (parent as { resourceType?: string }).resourceType;
    if (type !== undefined && !sendable.has(type)) return;
    for (const [key, value] of Object.entries(parent as object)) {
      const here = Array.isArray(parent) ? `${path}[${key}]` : `${path}.${key}`;
      sites.push({ parent: parent as Record<string, unknown>, key, value, path: here.replace(/^\./, '') });
      if (typeof value === 'object' && value !== null) collect(value, here);
    }
  };
  collect(document, '');
  return sites;
}

/** A generator of numbers from 0 to 1 that gives the same ones for the same seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
