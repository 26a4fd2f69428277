import { z } from 'zod';
import type { ContractDetails } from '../arguments/contract-details.js';
import type { CallOptions, Client } from '../client.js';
import type { Claims } from '../crypto/jwt.js';
import { verifyPlatformToken } from '../token/platform-token.js';
import { parseAnswer } from '../wire/parse-answer.js';
import { callPlatform } from '../wire/platform-call.js';

/** A session of the platform; `expiry` as the platform gives it. */
export interface Session {
  key: string;
  expiry: number;
}

/** What an answer's `session` must have. */
export const sessionShape = z.object({ key: z.string().min(1), expiry: z.number() });

/** What the two onboarding calls, `oauth/authorize` and `oauth/token/reference`, have in common. */
export interface OnboardingRequest {
  call: string;
  path: 'oauth/authorize' | 'oauth/token/reference';
  contract: ContractDetails;
  claims: Claims;
  /** Options of the session that the platform starts, for instance what to pull. */
  pull?: unknown;
  earlierAttempts?: number;
  options: CallOptions;
}

/** Announces a user to the platform and gives the code that goes into the URL the user is sent to, and the session. */
export async function startOnboarding(
  client: Client,
  request: OnboardingRequest,
): Promise<{ code: string; session: Session }> {
  const field = request.path === 'oauth/authorize' ? 'preauthorization_code' : 'reference_code';
  const answer = await callPlatform(
    client,
    {
      call: request.call,
      method: 'POST',
      path: request.path,
      json: {
        agent: agentOf(client),
        ...(request.pull === undefined ? {} : { actions: { pull: request.pull } }),
      },
      expected: 'json',
      repeat: 'safe',
    },
    request,
  );
  const payload = await verifyPlatformToken(client, answer, request.options);
  const { session } = parseAnswer(z.object({ session: sessionShape }), answer.body, answer);
  return {
    code: parseAnswer(z.object({ [field]: z.string().min(1) }), payload, answer)[field] as string,
    session,
  };
}

/** How this client introduces itself in JSON bodies. */
export function agentOf(client: Client): { sdk: { name: string; version: string; meta: { node: string } } } {
  return { sdk: { ...client.agent, meta: { node: process.version } } };
}
