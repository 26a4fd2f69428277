import type { Call } from '../api/call.js';
import { parseWith, readJson } from '../read-json.js';
import { catalogueQueryShape, queryCatalogue, type WireEntry } from './catalogue-query.js';
import { categories, countries, type ListEntry, platforms } from './reference-lists.js';
import { sources } from './sources.js';
import { wireSource } from './wire-source.js';

/** `POST discovery/sources`: the sources that fit the query, in pages. Sources of sample data only if asked for by their status. */
export async function querySources({ platform, body }: Call) {
  const query = parseWith(catalogueQueryShape, await readJson(body), '');
  const everyStatus =
    query.query?.filter?.publishedStatus !== undefined || query.query?.filter?.id !== undefined;
  const offered = sources.filter(({ publishedStatus }) => everyStatus || publishedStatus === 'approved');
  return queryCatalogue(
    offered.map((source) => wireSource(source, platform.urls.onboard)),
    query,
  );
}

/** `POST discovery/categories`, `/countries` and `/platforms`: what sources can be filtered by, in pages. */
export const queryCategories = queryList(categories);
export const queryCountries = queryList(countries);
export const queryPlatforms = queryList(platforms);

function queryList(list: readonly ListEntry[]) {
  return async ({ body }: Call) => {
    const query = parseWith(catalogueQueryShape, await readJson(body), '');
    return queryCatalogue(list.map(wireListEntry), query);
  };
}

function wireListEntry(entry: ListEntry): WireEntry {
  return { ...entry, json: {}, publishedStatus: 'approved' };
}
