import type { CallOptions } from '../client.js';

/** Gets the keys at a path below the base URL: PEM by `kid`. */
export type FetchKeys = (path: string, options: CallOptions) => Promise<Map<string, string>>;

/** How often the key set may be fetched again for a key that it lacks or that does not fit. */
const refetchPauseMs = 60_000;
const maxAddresses = 4;

interface FetchedKeys {
  keys: Promise<Map<string, string>>;
  refetchedAt: number;
}

/**
 * The platform's public keys, fetched once per address and kept (`protocol.md`, Tokens that the platform returns).
 * Concurrent askers share one fetch; a failed fetch is not kept.
 */
export class PlatformKeySet {
  readonly #baseUrl: string;
  readonly #fetch: FetchKeys;
  readonly #fetched = new Map<string, FetchedKeys>();

  constructor(baseUrl: string, fetch: FetchKeys) {
    this.#baseUrl = baseUrl;
    this.#fetch = fetch;
  }

  /**
   * The path below the base URL that a token's `jku` names; the default where it names none. Undefined when it lies
   * elsewhere: another scheme, host or port, other credentials, or outside the base URL's path.
   */
  pathOf(jku: unknown): string | undefined {
    if (jku === undefined) return 'jwks/oauth';
    if (typeof jku !== 'string' || !URL.canParse(jku)) return undefined;
    const url = new URL(jku);
    if (url.username !== '' || url.password !== '' || url.hash !== '') return undefined;
    return url.href.startsWith(this.#baseUrl) ? url.href.slice(this.#baseUrl.length) : undefined;
  }

  /** The PEM with this `kid`, or undefined. `distrust` names a PEM that did not fit, so that a replaced key is found. */
  async keyOf(
    path: string,
    kid: string,
    options: CallOptions,
    distrust?: string,
  ): Promise<string | undefined> {
    const known = this.#fetched.get(path);
    const pem = (await (known ?? this.#load(path, options, Number.NEGATIVE_INFINITY)).keys).get(kid);
    if (!known || (pem !== undefined && pem !== distrust)) return pem;
    const current = this.#fetched.get(path);
    if (current === known && performance.now() - known.refetchedAt >= refetchPauseMs)
      this.#load(path, options, performance.now());
    return (await (this.#fetched.get(path) ?? known).keys).get(kid);
  }

  #load(path: string, options: CallOptions, refetchedAt: number): FetchedKeys {
    const before = this.#fetched.get(path);
    const keys = this.#fetch(path, options);
    const fetched = { keys, refetchedAt };
    if (!before && this.#fetched.size >= maxAddresses) this.#fetched.clear();
    this.#fetched.set(path, fetched);
    keys.catch(() => {
      if (this.#fetched.get(path) !== fetched) return;
      if (before) this.#fetched.set(path, { ...before, refetchedAt });
      else this.#fetched.delete(path);
    });
    return fetched;
  }
}
