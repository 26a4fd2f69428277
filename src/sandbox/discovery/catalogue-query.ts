import { z } from 'zod';

const reference = z.looseObject({ id: z.array(z.number()).optional() }).nullish();

/** What a client asks of the catalogue; conditions that the catalogue doesn't know are taken and have no effect. */
export const selectionShape = z.object({
  search: z.union([z.string(), z.record(z.string(), z.unknown())]).nullish(),
  filter: z
    .looseObject({
      id: z.array(z.number()).nullish(),
      publishedStatus: z.array(z.string()).nullish(),
      service: reference,
      country: reference,
      category: reference,
      platform: reference,
      type: reference,
    })
    .nullish(),
});

export const catalogueQueryShape = z.object({
  limit: z.int().min(1).max(1000).default(20),
  offset: z.int().min(0).default(0),
  sort: z.record(z.string(), z.enum(['asc', 'desc'])).nullish(),
  query: selectionShape.nullish(),
});

export type Selection = z.output<typeof selectionShape>;
export type CatalogueQuery = z.output<typeof catalogueQueryShape>;

/** An entry as clients see it; what it refers to (`category`, `country`, …) are lists of entries of their own. */
export type WireEntry = { id: number; name: string } & Record<string, unknown>;

/** The page of entries that a query asks for; without `sort`, by id. */
export function queryCatalogue<T extends WireEntry>(
  entries: readonly T[],
  { limit, offset, sort, query }: CatalogueQuery,
): { data: T[]; limit: number; offset: number; total: number } {
  const found = entries.filter((entry) => isSelected(entry, query ?? {}));
  const order = Object.entries(sort ?? {});
  found.sort((one, other) => {
    for (const [field, direction] of order) {
      const difference = compare(one[field], other[field]);
      if (difference !== 0) return direction === 'asc' ? difference : -difference;
    }
    return one.id - other.id;
  });
  return { data: found.slice(offset, offset + limit), limit, offset, total: found.length };
}

/** Whether an entry passes every filter and, where something is searched for, has it in one of the fields named. */
export function isSelected(entry: WireEntry, { search, filter }: Selection): boolean {
  const passes = Object.entries(filter ?? {}).every(([field, wanted]) => fits(entry[field], wanted));
  return passes && isFound(entry, search);
}

/** `wanted` is a value, a list of values, or such by the fields of what `actual` refers to: `{ id: [1, 2] }`. */
function fits(actual: unknown, wanted: unknown): boolean {
  if (actual === undefined || wanted === null || wanted === undefined) return true;
  if (typeof wanted === 'object' && !Array.isArray(wanted)) {
    const referred = listOf(actual).filter((item) => typeof item === 'object' && item !== null);
    return Object.entries(wanted).every(([field, inner]) =>
      referred.some((item) => fits((item as Record<string, unknown>)[field], inner)),
    );
  }
  const accepted = listOf(wanted).map(String);
  if (accepted.length === 0) return true;
  return listOf(actual).some((item) => {
    const value = typeof item === 'object' && item !== null ? (item as { id?: unknown }).id : item;
    return accepted.includes(String(value));
  });
}

function isFound(entry: WireEntry, search: Selection['search']): boolean {
  if (!search) return true;
  const everywhere = ['name', 'abbreviation', 'alias', 'reference'];
  if (typeof search === 'string') return everywhere.some((field) => contains(entry[field], search));
  const fields = Object.entries(search).filter(([, wanted]) => listOf(wanted).some(isWord));
  if (fields.length === 0) return true;
  return fields.some(([field, wanted]) =>
    listOf(wanted)
      .filter(isWord)
      // `serviceName` and the like name no field of the entry: they are looked for in all of its names.
      .some((word) => (field in entry ? [field] : everywhere).some((name) => contains(entry[name], word))),
  );
}

/** Whether one of the texts has every word of `wanted` in it, whatever the case. */
function contains(value: unknown, wanted: string): boolean {
  const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  return listOf(value).some((text) => {
    if (typeof text !== 'string') return false;
    const searched = text.toLowerCase();
    return words.every((word) => searched.includes(word));
  });
}

function isWord(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function compare(one: unknown, other: unknown): number {
  if (typeof one === 'number' && typeof other === 'number') return one - other;
  return String(one).localeCompare(String(other), 'en');
}
