import { z } from 'zod';
import { anyObject, object, optional } from '../arguments/argument-shape.js';
import { callOptions, checkArguments, contractDetails } from '../arguments/arguments.js';
import type { ContractDetails } from '../arguments/contract-details.js';
import type { CallOptions, Client } from '../client.js';
import { parseAnswer } from '../wire/parse-answer.js';
import { callPlatform } from '../wire/platform-call.js';

/** Arguments of `querySources`. */
export interface QuerySourcesArguments extends CallOptions {
  /** The platform wants a contract for reading here. */
  contractDetails: ContractDetails;
  /** `limit`, `offset`, `sort` and `query` as the platform takes them; by default all approved sources. */
  sourcesBodyParams?: Record<string, unknown> | undefined;
}

/** A source that a user can onboard. What else the platform sends is kept as it is. */
export interface Source {
  id: number | string;
  name?: string | undefined;
  service?:
    | { id?: number | undefined; name?: string | undefined; reference?: string | undefined }
    | undefined;
  resource?: { url?: string | undefined; mimetype?: string | undefined } | undefined;
  publishedStatus?: string | undefined;
  [field: string]: unknown;
}

/** One page of sources. */
export interface SourcesPage {
  data: Source[];
  limit: number;
  offset: number;
  total: number;
}

const shape = object({ ...callOptions, contractDetails, sourcesBodyParams: optional(anyObject) });
const pageShape = z.looseObject({
  data: z.array(z.looseObject({ id: z.union([z.number(), z.string()]) })),
  limit: z.number(),
  offset: z.number(),
  total: z.number(),
});
const approvedSources = { query: { filter: { publishedStatus: ['approved'] } } };

/** The sources that users can onboard, a page of them. Rejects with `ServerError`. */
export async function querySources(client: Client, args: QuerySourcesArguments): Promise<SourcesPage> {
  checkArguments('querySources', shape, args);
  const answer = await callPlatform(
    client,
    {
      call: 'querySources',
      method: 'POST',
      path: 'discovery/sources',
      json: args.sourcesBodyParams ?? approvedSources,
      expected: 'json',
      repeat: 'safe',
    },
    { contract: args.contractDetails, options: args },
  );
  return parseAnswer(pageShape, answer.body, answer);
}
