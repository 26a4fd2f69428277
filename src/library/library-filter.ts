import type { Request } from 'express';
import { AppError } from '../errors.js';
import { oneString } from '../web/index.js';
import { fileKindOf } from './file-kind.js';
import type { LibraryFile } from './read-library.js';

/** What the visitor wants to see of the library; without a value everything. */
export interface LibraryFilter {
  readonly tag?: string;
  readonly reference?: string;
  readonly type?: string;
}

const names = ['tag', 'reference', 'type'] as const;
const maxChoices = 300;

/** Reads `?tag=`, `?reference=` and `?type=`. @throws AppError InvalidRequest for a repeated one */
export function readFilter(query: Request['query']): LibraryFilter {
  const filter: { -readonly [Name in keyof LibraryFilter]: string } = {};
  for (const name of names) {
    const value = oneString(query[name]);
    if (value === null)
      throw new AppError('InvalidRequest', { details: [{ path: name, message: 'fields:oneValue' }] });
    if (value?.trim()) filter[name] = value.trim().slice(0, 500);
  }
  return filter;
}

export const isFiltering = (filter: LibraryFilter): boolean => Object.keys(filter).length > 0;

/**
 * Whether the filter lets a file through; capitals don't matter. A type is a MIME type, `image/*` for all pictures, or a
 * kind of file (`photo`), which has no slash.
 */
export function passes(filter: LibraryFilter, { details }: LibraryFile): boolean {
  if (!isFiltering(filter)) return true;
  if (details === undefined) return false;
  const { tag, reference, type } = filter;
  const has = (values: readonly string[], wanted: string) =>
    values.some((value) => value.toLowerCase() === wanted.toLowerCase());
  return (
    (tag === undefined || has(details.tags, tag)) &&
    (reference === undefined || has(details.reference, reference)) &&
    (type === undefined || isOfType(details.mimeType ?? '', type.toLowerCase()))
  );
}

function isOfType(mimeType: string, wanted: string): boolean {
  if (!wanted.includes('/')) return fileKindOf(mimeType) === wanted;
  const plain = mimeType.split(';', 1)[0]?.trim() ?? '';
  return wanted.endsWith('/*') ? plain.startsWith(wanted.slice(0, -1)) : plain === wanted;
}

/** The values to choose from, as far as the files are known; what is chosen is always among them. */
export function choicesOf(files: readonly LibraryFile[], filter: LibraryFilter) {
  const collect = (chosen: string | undefined, valuesOf: (file: LibraryFile) => readonly string[]) => {
    const values = new Set(chosen === undefined ? [] : [chosen]);
    for (const file of files) {
      if (values.size >= maxChoices) break;
      for (const value of valuesOf(file)) values.add(value);
    }
    return [...values].sort((a, b) => a.localeCompare(b));
  };
  return {
    tag: collect(filter.tag, ({ details }) => details?.tags ?? []),
    reference: collect(filter.reference, ({ details }) => details?.reference ?? []),
    type: collect(filter.type, ({ details }) => {
      const type = details?.mimeType?.split(';', 1)[0]?.trim();
      return type ? [type] : [];
    }),
  };
}
