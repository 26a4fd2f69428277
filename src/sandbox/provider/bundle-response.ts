import { randomHex } from '../random.js';
import { operationOutcome } from './operation-outcome.js';
import type { JsonObject, Problem } from './problem.js';

interface Entry {
  resource: JsonObject & { resourceType: string; id?: string };
  request: { method: string };
}

/**
 * The answer to a bundle that passed `bundleProblems`: `batch-response` or `transaction-response` with an entry for
 * every entry, in order; what the receiver only warns of is in that entry's outcome.
 */
export function bundleResponse(bundle: unknown, warnings: Problem[], now: number) {
  const { type, entry } = bundle as { type: string; entry: Entry[] };
  return {
    resourceType: 'Bundle',
    type: `${type}-response`,
    entry: entry.map(({ resource, request }, index) => {
      const own = warnings.filter(({ expression }) => expression.startsWith(`Bundle.entry[${index}]`));
      const id = request.method === 'PUT' && resource.id ? resource.id : randomHex(16);
      return {
        response: {
          status: '201 Created',
          location: `${resource.resourceType}/${id}/_history/1`,
          etag: 'W/"1"',
          lastModified: new Date(now).toISOString(),
          ...(own.length > 0 && { outcome: operationOutcome(own) }),
        },
      };
    }),
  };
}
