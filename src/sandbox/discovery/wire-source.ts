import type { WireEntry } from './catalogue-query.js';
import { categories, countries, type ListEntry, platforms, sourceTypes } from './reference-lists.js';
import type { Source } from './sources.js';

/** When the catalogue was published, milliseconds. */
const publishedDate = Date.UTC(2024, 0, 15);

/** A source as `POST discovery/sources` answers it (protocol.md, "What real clients send and demand"). */
export function wireSource(source: Source, onboardUrl: string): WireEntry {
  const { id, name, reference, publishedStatus } = source;
  const resource = { url: `${onboardUrl}assets/source-${id}.svg`, mimetype: 'image/svg+xml' };
  return {
    id,
    name,
    abbreviation: source.abbreviation,
    alias: source.alias,
    reference,
    publishedStatus,
    publishedDate,
    json: {},
    type: entriesOf(sourceTypes, ({ name }) => name === source.type),
    category: entriesOf(categories, (entry) => entry.reference === source.category),
    country: entriesOf(
      countries,
      ({ code }) => code !== undefined && source.countries.some((one) => one === code),
    ),
    platform: entriesOf(platforms, (entry) => source.platforms.some((one) => one === entry.reference)),
    resource,
    service: { id, name, reference, publishedStatus, publishedDate, json: {}, resource },
  };
}

/** The category of a source: the service group of its accounts. */
export function categoryOf(source: Source): ListEntry | undefined {
  return categories.find(({ reference }) => reference === source.category);
}

function entriesOf(list: readonly ListEntry[], isWanted: (entry: ListEntry) => boolean) {
  return list.filter(isWanted).map((entry) => ({ ...entry, json: {} }));
}
