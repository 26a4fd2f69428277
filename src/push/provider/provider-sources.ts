import type { ContractDetails } from '../../config/index.js';
import type { DigiMe } from '../../digime/index.js';
import { AppError } from '../../errors.js';
import type { Recorder } from '../../inspector/index.js';
import { asAppError } from '../../web/index.js';

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

/** What `ProviderSources` uses. */
interface ProviderSourcesParts {
  readonly sdk: DigiMe;
  /** The platform lists sources for a contract for reading only. */
  readonly readContract: ContractDetails | undefined;
  readonly recorder: Recorder;
}

/** The sources that a person can connect for pushing. */
export class ProviderSources {
  readonly #parts: ProviderSourcesParts;

  constructor(parts: ProviderSourcesParts) {
    this.#parts = parts;
  }

  /** Whether there is a contract that sources can be listed with. */
  get canList(): boolean {
    return this.#parts.readContract !== undefined;
  }

  /**
   * One page of sources.
   * @param search words of the name; empty for all
   * @throws AppError ReadContractMissing, DigimeUnreachable, DigimeRefused
   */
  async list(visitorId: string | undefined, search: string, offset: number): Promise<SourceList> {
    const { sdk, readContract, recorder } = this.#parts;
    if (readContract === undefined) throw new AppError('ReadContractMissing');
    const found = await sdk
      .querySources({
        contractDetails: readContract,
        sourcesBodyParams: {
          limit: pageLength,
          offset,
          query: {
            ...(search && { search }),
            filter: { type: { id: [pushType] }, publishedStatus: ['approved'] },
          },
        },
        ...(visitorId !== undefined && recorder.hooksOf(visitorId)),
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
}
