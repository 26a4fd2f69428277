import { z } from 'zod';
import type { Call } from '../api/call.js';
import { parseWith, readJson } from '../api/read-json.js';
import { type Source, searchSources } from './sources.js';

const typeIds = { pull: 1, push: 2 } as const;

const bodyShape = z.object({
  limit: z.int().min(1).max(1000).default(20),
  offset: z.int().min(0).default(0),
  query: z
    .object({
      search: z.unknown().optional(),
      filter: z
        .object({
          type: z.object({ id: z.array(z.int()).optional() }).optional(),
          publishedStatus: z.array(z.string()).optional(),
        })
        .optional(),
    })
    .optional(),
});

/**
 * `POST discovery/sources`: the sources that fit the filter, by id, in pages. Every source here is `approved`; `sort`,
 * `include` and other filters are taken and have no effect.
 */
export async function querySources({ platform, body }: Call) {
  const { limit, offset, query } = parseWith(bodyShape, await readJson(body), '');
  const search = typeof query?.search === 'string' ? query.search : searchWord(query?.search);
  const wanted = query?.filter?.type?.id;
  const published = query?.filter?.publishedStatus?.includes('approved') ?? true;
  const found = [...searchSources('pull', search), ...searchSources('push', search)]
    .filter(({ type }) => published && (wanted?.includes(typeIds[type]) ?? true))
    .sort((one, other) => one.id - other.id);
  const data = found.slice(offset, offset + limit).map((source) => wireSource(source, platform.urls.onboard));
  return { data, limit, offset, total: found.length };
}

/** Clients also send `search: { serviceName: "…" }` and the like: the first string in it counts. */
function searchWord(search: unknown): string {
  if (typeof search !== 'object' || search === null) return '';
  return Object.values(search).find((value): value is string => typeof value === 'string') ?? '';
}

function wireSource({ id, name, type, reference }: Source, onboardUrl: string) {
  return {
    id,
    name,
    type: [{ id: typeIds[type], name: type }],
    service: { id, name, reference },
    resource: { url: `${onboardUrl}assets/source-${id}.svg`, mimetype: 'image/svg+xml' },
    publishedStatus: 'approved',
  };
}
