const localHosts = ['localhost', '127.0.0.1', '[::1]'];

/**
 * The callbacks that a contract may name: any port and path on this machine (RFC 8252 §7.3 exempts loopback ports
 * from exact matching) and, exactly as written, those that were added by setting.
 */
export class RedirectUris {
  readonly #added: string[];

  constructor(added: string[] = []) {
    this.#added = [...added];
  }

  registered(): string[] {
    return [...localHosts.map((host) => `http://${host}:*/*`), ...this.#added];
  }

  accepts(uri: string): boolean {
    if (this.#added.includes(uri)) return true;
    if (!URL.canParse(uri)) return false;
    const url = new URL(uri);
    const plain = url.protocol === 'http:' && !url.username && !url.password && !uri.includes('#');
    return plain && localHosts.includes(url.hostname);
  }
}
