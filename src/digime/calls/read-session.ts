import { z } from 'zod';
import { anyObject, object, optional } from '../arguments/argument-shape.js';
import { checkArguments, truth, userCall } from '../arguments/arguments.js';
import type { Client } from '../client.js';
import type { UserCall } from '../token/call-for-user.js';
import { requestForUser } from '../token/request-for-user.js';
import type { UserAccessToken } from '../token/user-access-token.js';
import { parseAnswer } from '../wire/parse-answer.js';
import { agentOf, type Session, sessionShape } from './onboarding-session.js';

/** Arguments of `readSession`; the contract must be one for reading. */
export interface ReadSessionArguments extends UserCall {
  /** Limits what is read, as the platform takes it. */
  sessionOptions?:
    | {
        limits?: Record<string, unknown> | undefined;
        scope?: Record<string, unknown> | undefined;
        sourceFetch?: boolean | undefined;
      }
    | undefined;
}

const shape = object({
  ...userCall,
  sessionOptions: optional(
    object({ limits: optional(anyObject), scope: optional(anyObject), sourceFetch: optional(truth) }),
  ),
});

/** Starts a session to read the user's library with; its key is a secret. Rejects with `ServerError`. */
export async function readSession(
  client: Client,
  args: ReadSessionArguments,
): Promise<{ session: Session; userAccessToken: UserAccessToken }> {
  checkArguments('readSession', shape, args);
  const { limits, scope, sourceFetch } = args.sessionOptions ?? {};
  const { answer, userAccessToken } = await requestForUser(client, args, {
    call: 'readSession',
    method: 'POST',
    path: 'permission-access/trigger',
    json: { agent: agentOf(client), limits, scope, sourceFetch },
    expected: 'json',
    repeat: 'safe',
  });
  const { session } = parseAnswer(z.object({ session: sessionShape }), answer.body, answer);
  return { session, userAccessToken };
}
