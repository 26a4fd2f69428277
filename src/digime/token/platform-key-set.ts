import type { KeyObject } from 'node:crypto';
import type { CallOptions } from '../arguments/call-options.js';
import { loadPublicKey, type PublishedKey } from '../crypto/jwt.js';

/** Gets the keys at a path below the base URL, by `kid`. */
export type FetchKeys = (path: string, options: CallOptions) => Promise<Map<string, PublishedKey>>;

/** A key of the set: parsed when it is used first, since a set may hold any number of them. */
export interface PlatformKey {
  /** Tells two keys of one name apart. */
  source: string;
  /** @throws Error when it is no usable RSA key */
  load(): KeyObject;
}

/** How often the key set may be fetched again for a key that it lacks or that does not fit. */
const refetchPauseMs = 60_000;
const maxAddresses = 4;

interface FetchedKeys {
  keys: Promise<Map<string, PlatformKey>>;
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

  /** The key with this `kid`. `distrusted` is the source of one that did not fit, so that a replaced key is found. */
  async keyOf(
    path: string,
    kid: string,
    options: CallOptions,
    distrusted?: unknown,
  ): Promise<PlatformKey | undefined> {
    const known = this.#fetched.get(path);
    const key = (await (known ?? this.#load(path, options, Number.NEGATIVE_INFINITY)).keys).get(kid);
    if (!known || (key && key.source !== distrusted)) return key;
    const current = this.#fetched.get(path);
    if (current === known && performance.now() - known.refetchedAt >= refetchPauseMs)
      this.#load(path, options, performance.now());
    return (await (this.#fetched.get(path) ?? known).keys).get(kid);
  }

  #load(path: string, options: CallOptions, refetchedAt: number): FetchedKeys {
    const before = this.#fetched.get(path);
    const keys = this.#fetch(path, options).then(
      (published) => new Map([...published].map(([kid, key]) => [kid, toPlatformKey(key)])),
    );
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

function toPlatformKey(published: PublishedKey): PlatformKey {
  let loaded: KeyObject | undefined;
  return {
    source: published.pem ?? `${published.n}.${published.e}`,
    load: () => {
      loaded ??= loadPublicKey(published);
      return loaded;
    },
  };
}
