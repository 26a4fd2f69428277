export interface Source {
  id: number;
  name: string;
  /** Where data is fetched from (pull) or can be sent to (push). */
  type: 'pull' | 'push';
  medmij: boolean;
  serviceGroup: { id: number; name: string };
  reference: string;
}

const social = { id: 1, name: 'Social' };
const health = { id: 2, name: 'Health & Fitness' };
const medical = { id: 3, name: 'Medical' };

function medmij(id: number, name: string): Source {
  const reference = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return { id, name, type: 'push', medmij: true, serviceGroup: medical, reference };
}

/** Invented sources, stable across versions: ids are what `service=` in a URL and on the page carry. */
export const sources: readonly Source[] = [
  medmij(9001, 'MedMij Testhuisarts De Linde'),
  medmij(9002, 'MedMij Testhuisarts Het Spoor'),
  medmij(9003, 'MedMij Testziekenhuis Noorderlicht'),
  medmij(9004, 'MedMij Testziekenhuis Rijnoever'),
  medmij(9005, 'MedMij Testkliniek Hart & Vaat'),
  medmij(9006, 'MedMij Testapotheek De Vijzel'),
  medmij(9007, 'MedMij Testverloskundige Ooievaar'),
  medmij(9008, 'MedMij Testlaboratorium Delta'),
  {
    id: 9101,
    name: 'Sandbox Care Diary',
    type: 'push',
    medmij: false,
    serviceGroup: health,
    reference: 'care',
  },
  {
    id: 9201,
    name: 'Sandbox Social',
    type: 'pull',
    medmij: false,
    serviceGroup: social,
    reference: 'social',
  },
  {
    id: 9202,
    name: 'Sandbox Fitness',
    type: 'pull',
    medmij: false,
    serviceGroup: health,
    reference: 'fitness',
  },
  {
    id: 9203,
    name: 'Sandbox Hospital Records',
    type: 'pull',
    medmij: false,
    serviceGroup: medical,
    reference: 'records',
  },
];

/** The source with this id, or `undefined`. */
export function findSource(id: number | null): Source | undefined {
  return sources.find((source) => source.id === id);
}

/** Sources of one type whose name contains every word of `search`, whatever the case. */
export function searchSources(type: Source['type'], search = ''): Source[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return sources.filter(
    (source) => source.type === type && words.every((word) => source.name.toLowerCase().includes(word)),
  );
}
