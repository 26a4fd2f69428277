import { Refusal } from '../refusal.js';
import type { Collection } from '../state/collection.js';

const localHosts = ['localhost', '127.0.0.1', '[::1]'];
/**
 * A local callback as it is written, not as one parser reads it: `http://localhost\@elsewhere` is a path on localhost to
 * the URL standard and a user name at another host to RFC 3986, so that what follows the port must be `/`, `?` or nothing,
 * and no backslash, blank, control character or fragment may come at all.
 */
const localCallback = /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?([/?][^\\#\s\p{Cc}]*)?$/iu;
const exactCallback = /^[a-z][a-z0-9+.-]*:[^\\#\s\p{Cc}]+$/iu;
/** Schemes that make a browser run, read or show something instead of calling an app. */
const forbiddenSchemes = ['javascript:', 'data:', 'vbscript:', 'blob:', 'file:', 'about:', 'view-source:'];

/**
 * The callbacks that a contract may name: any port and path on this machine (RFC 8252 §7.3 exempts loopback ports
 * from exact matching) and, exactly as written (RFC 9700 §2.1), those that were added. An added one may have a scheme
 * of its own, as apps on phones do.
 */
export class RedirectUris {
  readonly #given: string[];
  readonly #added: Collection<string>;

  /** @throws Error for a given callback that cannot be one */
  constructor(given: string[], added: Collection<string>) {
    const wrong = given.filter((uri) => !canBeCallback(uri));
    if (wrong.length > 0) throw new Error(`not a callback that can be registered: ${wrong.join(', ')}`);
    this.#given = [...given];
    this.#added = added;
  }

  registered(): string[] {
    return [
      ...new Set([...localHosts.map((host) => `http://${host}:*/*`), ...this.#given, ...this.#added.all()]),
    ];
  }

  /** The origins of pages elsewhere that consent leads back to, as a policy names them. */
  pageOrigins(): string[] {
    const all = [...this.#given, ...this.#added.all()].filter((uri) => /^https?:/i.test(uri));
    // CSP has no notation for an IPv6 address.
    return [...new Set(all.map((uri) => new URL(uri).origin))].filter((origin) => !origin.includes('['));
  }

  /** @throws Refusal InvalidRequest for what cannot be a callback */
  add(uri: string): void {
    if (!canBeCallback(uri)) {
      throw new Refusal('InvalidRequest', 'redirectUri must be an absolute URL of a page or of an app');
    }
    this.#added.put(uri, uri);
  }

  accepts(uri: string): boolean {
    if (this.#given.includes(uri) || this.#added.get(uri) !== undefined) return true;
    return localCallback.test(uri) && URL.canParse(uri) && localHosts.includes(new URL(uri).hostname);
  }

  /** @throws Refusal InvalidRedirectUri unless the callback is registered */
  requireRegistered(uri: string, contractId: string): void {
    if (this.accepts(uri)) return;
    throw new Refusal(
      'InvalidRedirectUri',
      `redirect_uri is not registered for contract ${contractId}: registered are ${this.registered().join(', ')}`,
    );
  }
}

function canBeCallback(uri: string): boolean {
  if (uri.length > 2000 || !exactCallback.test(uri) || !URL.canParse(uri)) return false;
  const { protocol, username, password, host } = new URL(uri);
  const plain = !username && !password && !forbiddenSchemes.includes(protocol);
  // The host goes into a form-action of the consent page's policy, where these would end the directive.
  return plain && !/[;,'"]/.test(host);
}

/** Where a callback leads, for people to read and for a page's `form-action`: its origin, or the scheme of an app. */
export function destinationOf(redirectUri: string): string {
  const { origin, protocol } = new URL(redirectUri);
  return origin === 'null' ? protocol : origin;
}
