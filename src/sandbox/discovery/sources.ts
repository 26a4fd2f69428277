import type { CategoryReference, CountryCode, PlatformReference } from './reference-lists.js';

export interface Source {
  id: number;
  name: string;
  abbreviation: string;
  alias: string[];
  reference: string;
  /** Where data is fetched from (pull) or can be sent to (push). */
  type: 'pull' | 'push';
  medmij: boolean;
  category: CategoryReference;
  countries: readonly CountryCode[];
  platforms: readonly PlatformReference[];
  /** Sources of sample data are offered only where an application asks for them. */
  publishedStatus: 'approved' | 'sampledataonly';
}

type Details = Partial<Pick<Source, 'alias' | 'platforms' | 'publishedStatus' | 'medmij' | 'type'>>;

const everywhere = ['web', 'android', 'ios'] as const;

function source(
  id: number,
  name: string,
  category: CategoryReference,
  countries: readonly CountryCode[],
  {
    alias = [],
    platforms = everywhere,
    publishedStatus = 'approved',
    medmij = false,
    type = 'pull',
  }: Details,
): Source {
  return {
    id,
    name,
    abbreviation: [...name.matchAll(/\b\p{L}/gu)].join('').toUpperCase(),
    alias,
    reference: name.toLowerCase().replace(/[^a-z0-9]+/g, '-'),
    type,
    medmij,
    category,
    countries,
    platforms,
    publishedStatus,
  };
}

function medmij(id: number, name: string, alias: string[]): Source {
  return source(id, name, 'medical', ['NL'], { type: 'push', medmij: true, platforms: ['web'], alias });
}

const all: CountryCode[] = ['NL', 'GB', 'BE', 'DE', 'IS', 'US'];

/** Invented sources, stable across versions: ids are what `service=` in a URL and on the page carry. */
export const sources: readonly Source[] = [
  source(16, 'Sandbox Tunes', 'entertainment', all, { alias: ['Tunes', 'music streaming'] }),
  source(17, 'Polder Radio', 'entertainment', ['NL', 'BE'], { alias: ['radio'] }),
  source(18, 'Fjord Films', 'entertainment', ['IS', 'GB'], { platforms: ['web', 'ios'], alias: ['films'] }),
  medmij(9001, 'MedMij Testhuisarts De Linde', ['general practice']),
  medmij(9002, 'MedMij Testhuisarts Het Spoor', ['general practice']),
  medmij(9003, 'MedMij Testziekenhuis Noorderlicht', ['hospital']),
  medmij(9004, 'MedMij Testziekenhuis Rijnoever', ['hospital']),
  medmij(9005, 'MedMij Testkliniek Hart & Vaat', ['cardiology', 'clinic']),
  medmij(9006, 'MedMij Testapotheek De Vijzel', ['pharmacy']),
  medmij(9007, 'MedMij Testverloskundige Ooievaar', ['midwife']),
  medmij(9008, 'MedMij Testlaboratorium Delta', ['laboratory']),
  medmij(9009, 'MedMij Testziekenhuis Duinzicht', ['hospital']),
  medmij(9010, 'MedMij Testfysiotherapie De Pas', ['physiotherapy']),
  source(9101, 'Sandbox Care Diary', 'health-fitness', ['NL', 'GB'], { type: 'push', alias: ['diary'] }),
  source(9102, 'Sandbox Cohort Study', 'medical', ['GB', 'DE'], { type: 'push', platforms: ['web'] }),
  source(9201, 'Sandbox Social', 'social', all, { alias: ['friends'] }),
  source(9202, 'Sandbox Fitness', 'health-fitness', all, { alias: ['steps', 'activity tracker'] }),
  source(9203, 'Sandbox Hospital Records', 'medical', ['NL', 'GB'], { platforms: ['web'], alias: ['EPD'] }),
  source(9204, 'Plein', 'social', ['NL', 'BE'], { platforms: ['android', 'ios'] }),
  source(9205, 'Village Green', 'social', ['GB'], {}),
  source(9206, 'Nordlys Pictures', 'social', ['IS', 'DE'], { alias: ['photos'] }),
  source(9207, 'Runaround', 'health-fitness', ['GB', 'US'], {
    platforms: ['android', 'ios'],
    alias: ['running'],
  }),
  source(9208, 'Fietspad', 'health-fitness', ['NL', 'BE', 'DE'], { alias: ['cycling'] }),
  source(9209, 'Slaapwel', 'health-fitness', ['NL'], { platforms: ['android'], alias: ['sleep'] }),
  source(9210, 'Huisartsen Online De Kade', 'medical', ['NL'], { platforms: ['web'] }),
  source(9211, 'Moorland Surgery', 'medical', ['GB'], { platforms: ['web'], alias: ['GP'] }),
  source(9212, 'Klinik am Park', 'medical', ['DE'], { platforms: ['web'] }),
  source(9213, 'Heilsa Records', 'medical', ['IS'], { platforms: ['web'] }),
  source(9214, 'Grachtenbank', 'finance', ['NL'], { alias: ['bank'] }),
  source(9215, 'Thistle Bank', 'finance', ['GB'], { alias: ['bank'] }),
  source(9216, 'Kastanien Sparkasse', 'finance', ['DE'], { alias: ['bank'] }),
  source(9217, 'Mosselbank', 'finance', ['BE'], { platforms: ['web', 'ios'], alias: ['bank'] }),
  source(9218, 'Marktkraam', 'shopping', ['NL', 'BE'], { alias: ['second hand'] }),
  source(9219, 'Corner Store', 'shopping', ['GB', 'US'], {}),
  source(9220, 'Sandbox Sample Bank', 'finance', all, { publishedStatus: 'sampledataonly', alias: ['bank'] }),
  source(9221, 'Sandbox Sample Clinic', 'medical', all, { publishedStatus: 'sampledataonly' }),
];

/** The source with this id, or `undefined`. */
export function findSource(id: number | null): Source | undefined {
  return sources.find((candidate) => candidate.id === id);
}

/** Whether a source's name or another name for it has every word of `search` in it, whatever the case. */
export function isFoundBy({ name, alias, abbreviation }: Source, search = ''): boolean {
  const text = [name, ...alias, abbreviation].join(' ').toLowerCase();
  return search
    .toLowerCase()
    .split(/\s+/)
    .filter(Boolean)
    .every((word) => text.includes(word));
}
