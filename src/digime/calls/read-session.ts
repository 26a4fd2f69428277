import { checkArguments, truth, userCall, writable } from '../arguments/arguments.js';
import type { UserAccessToken, UserCall } from '../arguments/call-options.js';
import { allOf, anyObject, object, optional } from '../arguments/shape.js';
import type { Client } from '../client.js';
import { requestForUser } from '../token/call-for-user.js';
import { parseAnswer } from '../wire/refusal.js';
import { agentOf, type Session, sessionShape } from './onboarding.js';

/** Limits of what is read, as the platform takes them. */
export interface ReadSessionScope {
  /** Such as `{ duration: { sourceFetch: 120 } }`, in seconds. */
  limits?: Record<string, unknown> | undefined;
  /** Such as `{ timeRanges: [{ from, to }], serviceGroups: [{ id, serviceTypes }] }`. */
  scope?: Record<string, unknown> | undefined;
  /** Whether the platform is to ask the sources anew; default as the platform likes. */
  sourceFetch?: boolean | undefined;
  /** Which sources are asked anew. */
  sourceFetchFilter?: Record<string, unknown> | undefined;
  /** How files are made smaller before they are encrypted. */
  accept?: { compression: 'gzip' | 'brotli' | 'no-compression' } | undefined;
  [option: string]: unknown;
}

/** Options of `readSession`; the contract must be one for reading. */
export interface ReadSessionOptions extends UserCall {
  /** Sent whole beside the name of this client. */
  sessionOptions?: ReadSessionScope | undefined;
}

/** The session, and the token that the call ended with. */
export interface ReadSessionResponse {
  /** Its `key` is what the calls that read take as `sessionKey`. */
  session: Session;
  userAccessToken: UserAccessToken;
}

const shape = object({
  ...userCall,
  sessionOptions: optional(
    allOf(
      object({
        limits: optional(anyObject),
        scope: optional(anyObject),
        sourceFetch: optional(truth),
        sourceFetchFilter: optional(anyObject),
        accept: optional(anyObject),
      }),
      writable,
    ),
  ),
});

/** @internal */
export async function readSession(client: Client, args: ReadSessionOptions): Promise<ReadSessionResponse> {
  checkArguments('readSession', shape, args);
  const { answer, userAccessToken } = await requestForUser(client, args, {
    call: 'readSession',
    method: 'POST',
    path: 'permission-access/trigger',
    json: { ...args.sessionOptions, agent: agentOf(client) },
    expected: 'json',
    repeat: 'safe',
  });
  const { session } = parseAnswer<{ session: Session }>(
    object({ session: sessionShape }),
    answer.body,
    answer,
  );
  client.secrets.add(session.key);
  return { session: { key: session.key, expiry: session.expiry }, userAccessToken };
}
