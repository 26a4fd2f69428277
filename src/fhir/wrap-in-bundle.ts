import { randomUUID } from 'node:crypto';

/**
 * Puts one resource into the Bundle that a provider expects: a batch that posts it, under a new `urn:uuid:`.
 * The `id` is left out, since the receiver of a POST gives one. Checks nothing: pass the result to `checkBundle`.
 */
export function wrapInBundle(resource: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const { id: _, ...withoutId } = resource;
  return {
    resourceType: 'Bundle',
    type: 'batch',
    entry: [
      {
        fullUrl: `urn:uuid:${randomUUID()}`,
        resource: withoutId,
        request: { method: 'POST', url: String(resource.resourceType) },
      },
    ],
  };
}
