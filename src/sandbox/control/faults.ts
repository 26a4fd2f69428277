import type { IncomingMessage } from 'node:http';
import { z } from 'zod';
import { parseWith } from '../read-json.js';

/** The names that faults and the request log use for the calls of the API. */
export const routeNames = [
  'authorize',
  'token',
  'token-reference',
  'reference',
  'import',
  'provider-import',
  'accounts',
  'sources',
  'categories',
  'countries',
  'platforms',
  'sample-data-sets',
  'portability-report',
  'storage',
  'storage-files',
  'contract',
  'revoke',
  'delete-account',
  'delete-user',
  'trigger',
  'query',
  'file',
  'jwks',
] as const;

export type RouteName = (typeof routeNames)[number];

const faultShape = z.strictObject({
  route: z.enum([...routeNames, '*']),
  times: z.int().min(1).max(1_000_000).default(1),
  status: z.int().min(200).max(599).optional(),
  body: z.unknown().optional(),
  headers: z.record(z.string(), z.string()).optional(),
  delayMs: z.int().min(0).max(3_600_000).optional(),
  behaviour: z.enum(['reset', 'hang', 'drip', 'truncate', 'lose-response']).optional(),
  afterBytes: z.int().min(0).optional(),
});

/** What `POST /sandbox/faults` takes; `route` may be `*`, for any call. */
export type FaultRequest = z.input<typeof faultShape>;
export type Fault = z.output<typeof faultShape>;
/** A fault that still waits; `remaining` counts down from `times`. */
export type PendingFault = Fault & { id: number; remaining: number };

/**
 * The fault that a request asks for itself, in its header `Sandbox-Fault`: a fault as JSON, without `route` and `times`.
 * So one client can see how it recovers while others of the same sandbox notice nothing.
 */
export function faultIn(request: IncomingMessage): Fault | undefined {
  const header = request.headers['sandbox-fault'];
  if (typeof header !== 'string') return undefined;
  try {
    return faultShape.parse({ ...JSON.parse(header), route: '*', times: 1 });
  } catch {
    return undefined;
  }
}

/** The faults that wait for their requests; the oldest that fits a route is used first. */
export class Faults {
  #pending: PendingFault[] = [];
  #lastId = 0;

  /**
   * @throws Refusal InvalidRequest when the fault is not one
   */
  add(fault: unknown): PendingFault {
    this.#lastId += 1;
    const parsed = parseWith(faultShape, fault, 'fault');
    const pending = { ...parsed, id: this.#lastId, remaining: parsed.times };
    this.#pending.push(pending);
    return { ...pending };
  }

  list(): PendingFault[] {
    return structuredClone(this.#pending);
  }

  clear(): void {
    this.#pending = [];
  }

  take(route: string): Fault | undefined {
    const fault = this.#pending.find((candidate) => candidate.route === route || candidate.route === '*');
    if (!fault) return undefined;
    fault.remaining -= 1;
    this.#pending = this.#pending.filter(({ remaining }) => remaining > 0);
    return fault;
  }
}
