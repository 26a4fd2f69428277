import { z } from 'zod';
import { Refusal } from '../refusal.js';

const agentShape = z.object({
  agent: z.object({
    sdk: z.object({
      name: z.string().min(1),
      version: z.string(),
      meta: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
  actions: z.object({ pull: z.unknown() }).partial().optional(),
});

/**
 * Checks that a body says which client sends it.
 * @throws Refusal SDKInvalid or SDKVersionInvalid
 */
export function requireAgent(body: unknown): void {
  const parsed = agentShape.safeParse(body);
  if (!parsed.success) {
    const paths = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new Refusal(
      'SDKInvalid',
      `the body must be { agent: { sdk: { name, version, meta: { node } } } } (${paths})`,
    );
  }
  const { version } = parsed.data.agent.sdk;
  if (!/^\d+(\.\d+)*/.test(version)) {
    throw new Refusal('SDKVersionInvalid', 'agent.sdk.version must begin with a number, as in 16.1.0');
  }
}
