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

/** The values of claims that would let somebody act, for `scrub`. */
export function secretsOf(claims: Record<string, unknown>): string[] {
  return Object.entries(claims).flatMap(([name, value]) =>
    secretClaims.has(name) && typeof value === 'string' ? [value] : [],
  );
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
 * A text from outside as it may stand in an error: one line, at most 500 characters, without the secrets of the
 * request and without anything that looks like a signed token.
 */
export function scrub(text: string, secrets: readonly string[]): string {
  let clean = text;
  for (const secret of secrets) if (secret.length >= 8) clean = clean.replaceAll(secret, '…');
  clean = clean.replace(/[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}/g, '…');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what has to go
  clean = clean.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]+/g, ' ').trim();
  return clean.length > 500 ? `${clean.slice(0, 499)}…` : clean;
}

/** A JSON value with every string scrubbed. */
export function scrubDeep(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') return scrub(value, secrets);
  if (Array.isArray(value)) return value.map((part) => scrubDeep(part, secrets));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, scrubDeep(part, secrets)]));
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
