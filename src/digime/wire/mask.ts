const prefixChars = 8;
const shortestSecret = 8;
const longestSecret = 4096;
const maxSecrets = 20_000;
const maxTextChars = 500;
const maxScannedChars = 64 * 1024;

/**
 * The values that must not leave this client in any text: tokens, codes, verifiers, keys of sessions and contracts that it was
 * given or has got. Looked for by value, because an answer can repeat them under any name. The last 20,000 are remembered.
 */
export class Secrets {
  readonly #known = new Set<string>();
  /** By the first characters, so that a text is walked once however many secrets there are. */
  readonly #byPrefix = new Map<string, string[]>();

  /** Remembers values; what is shorter than 8 characters would hide ordinary words. */
  add(...values: unknown[]): void {
    for (const value of values) {
      if (typeof value !== 'string' || value.length < shortestSecret || this.#known.has(value)) continue;
      this.#remember(value);
      const encoded = encodeURIComponent(value.replace(/\p{Surrogate}/gu, ''));
      if (encoded !== value) this.#remember(encoded);
    }
  }

  /** Remembers a private key by the lines of its PEM. */
  addKey(pem: string): void {
    if (this.#known.has(pem)) return;
    this.#remember(pem);
    this.add(...pem.split(/\r?\n/).filter((line) => !line.startsWith('-----')));
  }

  /** The text with every secret replaced by an ellipsis. */
  hide(text: string): string {
    let shown = '';
    let from = 0;
    for (let at = 0; at + prefixChars <= text.length; ) {
      const known = this.#byPrefix.get(text.substring(at, at + prefixChars));
      const secret = known?.find((value) => text.startsWith(value, at));
      if (secret === undefined) {
        at += 1;
        continue;
      }
      shown += `${text.slice(from, at)}…`;
      at += secret.length;
      from = at;
    }
    return from === 0 ? text : shown + text.slice(from);
  }

  #remember(value: string): void {
    const [oldest] = this.#known;
    if (oldest !== undefined && this.#known.size >= maxSecrets) this.#forget(oldest);
    this.#known.add(value);
    const prefix = value.slice(0, prefixChars);
    // The longest first: a secret may begin with another.
    this.#byPrefix.set(
      prefix,
      [...(this.#byPrefix.get(prefix) ?? []), value].sort((a, b) => b.length - a.length),
    );
  }

  #forget(value: string): void {
    this.#known.delete(value);
    const prefix = value.slice(0, prefixChars);
    const others = (this.#byPrefix.get(prefix) ?? []).filter((other) => other !== value);
    if (others.length > 0) this.#byPrefix.set(prefix, others);
    else this.#byPrefix.delete(prefix);
  }
}

/** A secret as it may be shown: enough to tell two apart, never enough to use. */
export function mask(secret: string): string {
  return secret.length >= 24
    ? `${secret.slice(0, 4)}… (${secret.length} characters)`
    : `… (${secret.length} characters)`;
}

const secretClaims = new Set([
  'access_token',
  'refresh_token',
  'code',
  'code_verifier',
  'state',
  'preauthorization_code',
  'reference_code',
]);
// Not `code`: in an answer that is the code of an error.
const secretAnswerFields = new Set([
  'access_token',
  'refresh_token',
  'token',
  'state',
  'preauthorization_code',
  'reference_code',
  'code_verifier',
]);

/** Claims of a token, with the values masked that would let somebody act. */
export function maskClaims(claims: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(claims).map(([name, value]) => [
      name,
      secretClaims.has(name) ? maskStrings(value) : value,
    ]),
  );
}

/** The values of claims that would let somebody act. */
export function secretsOf(claims: Record<string, unknown>): string[] {
  const found: string[] = [];
  // Every request asks: no list is made of the claims.
  for (const name in claims) if (secretClaims.has(name)) found.push(...stringsIn(claims[name]));
  return found;
}

/** The JSON body of an answer with its secrets masked: tokens, the key of a session, the query of a location. */
export function maskAnswer(body: unknown): unknown {
  if (Array.isArray(body)) return body.map(maskAnswer);
  if (typeof body !== 'object' || body === null) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => {
      if (secretAnswerFields.has(name)) return [name, maskStrings(value)];
      if (name === 'session') return [name, maskSession(value)];
      if (name === 'location' && typeof value === 'string') return [name, maskQuery(value)];
      return [name, maskAnswer(value)];
    }),
  );
}

/** A URL with the values of its query masked; its fragment is left out. */
export function maskQuery(url: string): string {
  const [address = '', query] = (url.split('#')[0] ?? '').split('?', 2);
  if (query === undefined) return address;
  return `${address}?${query
    .split('&')
    .map((pair) => `${pair.split('=')[0]}=…`)
    .join('&')}`;
}

/**
 * A text from outside as it may stand in an error: one line, at most `maxChars`, without any secret of this client and without
 * anything that looks like a signed token. Its cost grows with the length only.
 */
export function scrub(text: string, secrets: Secrets, maxChars = maxTextChars): string {
  const hidden = secrets.hide(text.slice(0, maxScannedChars));
  // The cut may have gone through a secret: what may be left of it goes too.
  const whole = text.length <= maxScannedChars ? hidden : hidden.slice(0, -longestSecret);
  const clean = withoutTokens(whole)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ')
    .replace(/\p{Surrogate}/gu, '\ufffd')
    .trim();
  return clean.length > maxChars ? `${clean.slice(0, maxChars - 1).replace(/\p{Surrogate}$/u, '')}…` : clean;
}

/** A JSON value with every string scrubbed, its names too. */
export function scrubDeep(value: unknown, secrets: Secrets): unknown {
  if (typeof value === 'string') return scrub(value, secrets);
  if (Array.isArray(value)) return value.map((part) => scrubDeep(part, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [scrub(name, secrets), scrubDeep(part, secrets)]),
  );
}

/** A JSON value of which no string holds a secret of this client; strings keep their length otherwise. */
export function hideDeep(value: unknown, secrets: Secrets): unknown {
  if (typeof value === 'string') return withoutTokens(secrets.hide(value));
  if (Array.isArray(value)) return value.map((part) => hideDeep(part, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [secrets.hide(name), hideDeep(part, secrets)]),
  );
}

/** Without what looks like a signed token, or like the first parts of one. Runs are disjoint, so this is linear. */
function withoutTokens(text: string): string {
  return text.replace(/[\w.-]{20,}/g, (run) => {
    const parts = run.split('.');
    const signed = parts.some(
      (part, index) =>
        part.length >= 10 && (parts[index + 1]?.length ?? 0) >= 10 && (parts[index + 2]?.length ?? 0) >= 10,
    );
    // What base64url makes of `{"`, with which every header and payload begins.
    return signed || /eyJ[\w-]{17}/.test(run) ? '…' : run;
  });
}

function maskSession(session: unknown): unknown {
  if (typeof session !== 'object' || session === null) return session;
  return Object.fromEntries(
    Object.entries(session).map(([name, value]) => [name, name === 'key' ? maskStrings(value) : value]),
  );
}

function maskStrings(value: unknown): unknown {
  if (typeof value === 'string') return mask(value);
  if (Array.isArray(value)) return value.map(maskStrings);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, maskStrings(part)]));
}

function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}
