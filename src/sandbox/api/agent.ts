import { z } from 'zod';
import { parseWith } from '../read-json.js';
import { Refusal } from '../refusal.js';

/** What files of a read session come in; `no-compression` is a value that clients send. */
const compressionShape = z.enum(['gzip', 'brotli', 'no-compression']);

const readOptionsShape = z.object({
  limits: z.record(z.string(), z.unknown()).optional(),
  scope: z.record(z.string(), z.unknown()).optional(),
  accept: z.object({ compression: compressionShape.optional() }).optional(),
});

/** What a client asks of a read session: in `trigger` itself, or in `actions.pull` of an authorization. */
export type ReadOptions = z.output<typeof readOptionsShape>;

const agentShape = z.object({
  agent: z.object({
    sdk: z.object({
      name: z.string().min(1),
      version: z.string(),
      meta: z.record(z.string(), z.unknown()).optional(),
    }),
  }),
});

/**
 * Checks that a body says which client sends it. `meta` is the Node SDK's; others leave it out.
 * @throws Refusal SDKInvalid or SDKVersionInvalid
 */
export function requireAgent(body: unknown): void {
  const parsed = agentShape.safeParse(body);
  if (!parsed.success) {
    const paths = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
    throw new Refusal(
      'SDKInvalid',
      `the body must be { agent: { sdk: { name, version, meta? } } } (${paths})`,
    );
  }
  const { version } = parsed.data.agent.sdk;
  if (!/^\d+(\.\d+)*/.test(version)) {
    throw new Refusal('SDKVersionInvalid', 'agent.sdk.version must begin with a number, as in 16.1.0');
  }
}

const actionsShape = z.object({ actions: z.object({ pull: z.unknown() }).partial().nullish() });

/**
 * The read options in a body or a part of it.
 * @throws Refusal InvalidRequest
 */
export function readOptionsOf(body: unknown, prefix = ''): ReadOptions {
  return parseWith(readOptionsShape, body ?? {}, prefix);
}

/**
 * The read options of an authorization.
 * @throws Refusal InvalidRequest
 */
export function pullOptionsOf(body: unknown): ReadOptions {
  const { actions } = parseWith(actionsShape, body, '');
  return readOptionsOf(actions?.pull, 'actions.pull');
}
