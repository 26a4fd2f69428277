import { z } from 'zod';
import type { CallOptions, Client } from '../client.js';
import { parseAnswer } from '../wire/parse-answer.js';
import { callPlatform } from '../wire/platform-call.js';

const keySetShape = z.object({ keys: z.array(z.object({ kid: z.string().min(1), pem: z.string().min(1) })) });

/** Fetches the platform's public keys, PEM by `kid`, unsigned. `path` must lie below the base URL. Rejects with `ServerError`. */
export async function fetchPlatformKeys(
  client: Client,
  path: string,
  options: CallOptions,
): Promise<Map<string, string>> {
  const answer = await callPlatform(
    client,
    { call: 'jwks', method: 'GET', path, expected: 'json', repeat: 'safe' },
    { options },
  );
  const { keys } = parseAnswer(keySetShape, answer.body, answer);
  return new Map(keys.map(({ kid, pem }) => [kid, pem]));
}
