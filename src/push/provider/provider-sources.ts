import { AppError } from '../../errors.js';
import { asAppError } from '../../web/index.js';
import type { ProviderParts } from './provider-parts.js';

/** A source that takes pushes, as pages and scripts see it; `id` is the `serviceId` of `POST /authorize`. */
export interface SourceView {
  id: number;
  name: string;
}

/** One page of sources. */
export interface SourceList {
  sources: SourceView[];
  total: number;
  offset: number;
  limit: number;
}

const pageLength = 20;
/** protocol.md, `discovery/sources`: 1 is pull, 2 is push. */
const pushType = 2;

/**
 * Sources that a person can connect for pushing. The platform lists them for a contract for reading only.
 * @param search words of the name; empty for all
 * @throws AppError ReadContractMissing, DigimeUnreachable, DigimeRefused
 */
export async function listSources(
  parts: ProviderParts,
  visitorId: string | undefined,
  search: string,
  offset: number,
): Promise<SourceList> {
  const contractDetails = parts.contracts.read;
  if (contractDetails === undefined) throw new AppError('ReadContractMissing');
  const found = await parts.sdk
    .querySources({
      contractDetails,
      sourcesBodyParams: {
        limit: pageLength,
        offset,
        query: {
          ...(search && { search }),
          filter: { type: { id: [pushType] }, publishedStatus: ['approved'] },
        },
      },
      ...(visitorId !== undefined && parts.recorder.hooksOf(visitorId)),
    })
    .catch((error) => Promise.reject(asAppError(error)));
  const sources = found.data.flatMap(({ id, name, service }): SourceView[] => {
    const serviceId = Number(service?.id ?? id);
    return Number.isSafeInteger(serviceId) && serviceId > 0
      ? [{ id: serviceId, name: (name ?? service?.name ?? String(serviceId)).slice(0, 200) }]
      : [];
  });
  return { sources, total: found.total, offset, limit: pageLength };
}
