import { text } from '../arguments/arguments.js';
import type { CallOptions } from '../arguments/call-options.js';
import { list, object, optional } from '../arguments/shape.js';
import type { Client } from '../client.js';
import type { Claims, PublishedKey } from '../crypto/jwt.js';
import { ServerError } from '../errors.js';
import { untilAborted } from '../wire/abort.js';
import type { PlatformAnswer } from '../wire/attempt.js';
import { secretsOf } from '../wire/mask.js';
import { callPlatform } from '../wire/platform-call.js';
import { ownError, parseAnswer } from '../wire/refusal.js';

/**
 * The payload of the token in an answer `{ token }`, verified: PS512, by a key of the platform's own set, not expired.
 * A `jku` that points elsewhere is refused without a request to it.
 * @throws ServerError: `UnexpectedResponse` without a token, `InvalidPlatformToken` for one that cannot be trusted, or what
 * went wrong with the key set
 */
export async function verifyPlatformToken(
  client: Client,
  answer: PlatformAnswer,
  options: CallOptions,
): Promise<Claims> {
  const { token } = (answer.body ?? {}) as { token?: unknown };
  const head = { status: answer.status, statusText: '' };
  if (typeof token !== 'string' || token === '')
    throw ownError(answer.identity, 'UnexpectedResponse', 'the answer has no token', head);
  const refuse = (why: string) => ownError(answer.identity, 'InvalidPlatformToken', why, head);
  // Loaded where there is something to verify: its library is a large part of the client's code.
  const { readTokenHeader, verifyToken } = await import('../crypto/verify-jwt.js');
  try {
    const { kid, jku } = readTokenHeader(token);
    const path = client.keySet.pathOf(jku);
    if (path === undefined) throw refuse('the token names a key set that is not the platform’s');
    const keyOf = (distrusted?: unknown) =>
      untilAborted(
        client.keySet.keyOf(path, kid, { onExchange: options.onExchange }, distrusted),
        options.signal,
        () => ownError(answer.identity, 'Aborted', 'ended by the caller', head, options.signal?.reason),
      );
    const key = await keyOf();
    if (!key) throw refuse('the token names a key that the platform does not publish');
    let claims: Claims;
    try {
      claims = verifyToken(token, key.load(), client.now());
    } catch (error) {
      // The platform may have replaced the key under the same name.
      const replaced = await keyOf(key.source);
      if (!replaced || replaced.source === key.source) throw error;
      claims = verifyToken(token, replaced.load(), client.now());
    }
    client.secrets.add(...secretsOf(claims));
    return claims;
  } catch (error) {
    if (error instanceof ServerError) throw error;
    throw refuse(`the token is not valid: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}

const keySetShape = object({
  keys: list(object({ kid: text, pem: optional(text), n: optional(text), e: optional(text) })),
});

/** Fetches the platform's public keys by `kid`, unsigned. `path` must lie below the base URL. @throws ServerError */
export async function fetchPlatformKeys(
  client: Client,
  path: string,
  options: CallOptions,
): Promise<Map<string, PublishedKey>> {
  const answer = await callPlatform(
    client,
    { call: 'jwks', method: 'GET', path, expected: 'json', repeat: 'safe' },
    { options },
  );
  const { keys } = parseAnswer<{ keys: (PublishedKey & { kid: string })[] }>(
    keySetShape,
    answer.body,
    answer,
  );
  return new Map(keys.map(({ kid, pem, n, e }) => [kid, { pem, n, e }]));
}
