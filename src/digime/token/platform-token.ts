import type { CallOptions, Client } from '../client.js';
import { type Claims, readTokenHeader, verifyToken } from '../crypto/jwt.js';
import { ServerError } from '../server-error.js';
import { ownError } from '../wire/interpret-refusal.js';
import type { PlatformAnswer } from '../wire/platform-call.js';
import { untilAborted } from '../wire/until-aborted.js';

/**
 * The payload of the token in an answer `{ token }`, verified: PS512, by a key of the platform's own set, not expired.
 * A `jku` that points elsewhere is refused without a request to it. Rejects with `ServerError`: `UnexpectedResponse`
 * without a token, `InvalidPlatformToken` for one that cannot be trusted, or what went wrong with the key set.
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
  try {
    const { kid, jku } = readTokenHeader(token);
    const path = client.keySet.pathOf(jku);
    if (path === undefined) throw refuse('the token names a key set that is not the platform’s');
    const keyOf = (distrust?: string) =>
      untilAborted(
        client.keySet.keyOf(path, kid, { onExchange: options.onExchange }, distrust),
        options.signal,
        () => ownError(answer.identity, 'Aborted', 'ended by the caller', head, options.signal?.reason),
      );
    const pem = await keyOf();
    if (pem === undefined) throw refuse('the token names a key that the platform does not publish');
    try {
      return verifyToken(token, pem, client.now());
    } catch (error) {
      // The platform may have replaced the key under the same name.
      const replaced = await keyOf(pem);
      if (replaced === undefined || replaced === pem) throw error;
      return verifyToken(token, replaced, client.now());
    }
  } catch (error) {
    if (error instanceof ServerError) throw error;
    throw refuse(`the token is not valid: ${error instanceof Error ? error.message : 'unreadable'}`);
  }
}
