import {
  callOptions,
  checkArguments,
  contractDetails,
  text,
  wholeNumber,
  writable,
} from '../arguments/arguments.js';
import type { CallOptions, ContractDetails } from '../arguments/call-options.js';
import { allOf, anyObject, list, object, optional, type Shape, where } from '../arguments/shape.js';
import type { Client } from '../client.js';
import type { PlatformCall } from '../wire/attempt.js';
import { callPlatform } from '../wire/platform-call.js';
import { parseAnswer } from '../wire/refusal.js';

/** What the calls of the discovery take: `limit`, `offset`, `sort` and `query`, as the platform takes them. */
export interface DiscoveryBodyParams {
  /** Members of a page. */
  limit?: number | undefined;
  /** Members to leave out at the beginning. */
  offset?: number | undefined;
  /** Such as `{ name: 'asc' }`. */
  sort?: Record<string, 'asc' | 'desc'> | undefined;
  /**
   * `search` takes words, or lists of words by field (`name`, `abbreviation`, `alias`, …); `filter` takes `id`, `publishedStatus`,
   * `service`, `country`, `category`, `platform` and `type` (`{ id: [1] }` pull, `{ id: [2] }` push).
   */
  query?:
    | {
        search?: string | Record<string, string[]> | undefined;
        include?: string | string[] | undefined;
        filter?: Record<string, unknown> | undefined;
        [part: string]: unknown;
      }
    | undefined;
  [part: string]: unknown;
}

/** What every call of the discovery takes. */
export interface DiscoveryOptions extends CallOptions {
  /** The platform wants a contract for reading here. */
  contractDetails: ContractDetails;
}

/** Options of `querySources`. */
export interface QuerySourcesOptions extends DiscoveryOptions {
  /** Default: all approved sources to read from, `{ query: { filter: { publishedStatus: ['approved'], type: { id: [1] } } } }`. */
  sourcesBodyParams?: DiscoveryBodyParams | undefined;
}

/** Options of `queryCategories`. */
export interface QueryCategoriesOptions extends DiscoveryOptions {
  /** Default: all. */
  categoriesBodyParams?: DiscoveryBodyParams | undefined;
}

/** Options of `queryCountries`. */
export interface QueryCountriesOptions extends DiscoveryOptions {
  /** Default: all. */
  countriesBodyParams?: DiscoveryBodyParams | undefined;
}

/** Options of `queryPlatforms`. */
export interface QueryPlatformsOptions extends DiscoveryOptions {
  /** Default: all. */
  platformsBodyParams?: DiscoveryBodyParams | undefined;
}

/** One page of what was found. */
export interface DiscoveryPage<Found> {
  data: Found[];
  /** Members of a page, as the platform took it. */
  limit: number;
  /** Members left out at the beginning. */
  offset: number;
  /** Members of all pages. */
  total: number;
}

/** Something that sources are sorted by: a category, a country, a platform. What else the platform sends is kept. */
export interface DiscoveryEntry {
  id: number | string;
  name?: string | undefined;
  [field: string]: unknown;
}

/** A source that a user can onboard. What else the platform sends is kept as it is. */
export interface Source {
  id: number | string;
  name?: string | undefined;
  category?: DiscoveryEntry[] | undefined;
  /** `id` 1: data can be read from it; 2: data can be pushed to it. */
  type?: DiscoveryEntry[] | undefined;
  /** `id` is what the calls of the onboarding take as `serviceId`. */
  service?:
    | {
        id?: number | undefined;
        name?: string | undefined;
        reference?: string | undefined;
        publishedStatus?: string | undefined;
      }
    | undefined;
  /** A picture of it. */
  resource?: { url?: string | undefined; mimetype?: string | undefined } | undefined;
  /** `approved`, `sampledataonly`, … */
  publishedStatus?: string | undefined;
  [field: string]: unknown;
}

/** What `querySources` gives. */
export type QuerySourcesResponse = DiscoveryPage<Source>;

/** Options of `getServiceSampleDataSets`. */
export interface GetServiceSampleDataSetsOptions extends DiscoveryOptions {
  /** The `id` of a source of `querySources`. */
  sourceId: number;
}

/** The sets of sample data of a source, by the name that `sampleData.dataSet` of `getAuthorizeUrl` takes. */
export type GetServiceSampleDataSetsResponse = Record<
  string,
  { name?: string; description?: string; [field: string]: unknown }
>;

/** Options of `getContractDetails`. */
export interface GetContractDetailsOptions extends CallOptions {
  /** The contract that is asked about, and signs. */
  contractDetails: ContractDetails;
}

/** A contract as the platform knows it. What else it sends is kept as it is. */
export interface Contract {
  id: string;
  /** `r` for reading, `w` for writing. */
  accessType?: string | undefined;
  application?:
    | {
        id?: string | undefined;
        name?: string | undefined;
        resources?: unknown;
        status?: number | string | undefined;
      }
    | undefined;
  /** The contract's certificate, with which the platform verifies its signatures. */
  certificate?: string | undefined;
  /** Such as `5.0.0`. */
  certificateContractSchemaVersion?: string | undefined;
  /** Unix time in milliseconds. */
  expirationDate?: number | string | undefined;
  partnerId?: string | undefined;
  type?: string | undefined;
  [field: string]: unknown;
}

const bodyParams = optional(allOf(anyObject, writable));
const identified: Shape = object({
  id: where(
    (value) => typeof value === 'number' || typeof value === 'string',
    'must be a number or a string',
  ),
});
const count = where((value) => Number.isFinite(value), 'must be a number');
const pageShape = object({ data: list(identified), limit: count, offset: count, total: count });
const sourcesToReadFrom = { query: { filter: { publishedStatus: ['approved'], type: { id: [1] } } } };
const sampleShape = object({ ...callOptions, contractDetails, sourceId: wholeNumber });
const contractShape = object({ ...callOptions, contractDetails });

/** @internal */
export async function querySources(client: Client, args: QuerySourcesOptions): Promise<QuerySourcesResponse> {
  return queryDiscovery(client, args, 'querySources', 'sources', sourcesToReadFrom);
}

/** @internal */
export async function queryCategories(
  client: Client,
  args: QueryCategoriesOptions,
): Promise<DiscoveryPage<DiscoveryEntry>> {
  return queryDiscovery(client, args, 'queryCategories', 'categories');
}

/** @internal */
export async function queryCountries(
  client: Client,
  args: QueryCountriesOptions,
): Promise<DiscoveryPage<DiscoveryEntry>> {
  return queryDiscovery(client, args, 'queryCountries', 'countries');
}

/** @internal */
export async function queryPlatforms(
  client: Client,
  args: QueryPlatformsOptions,
): Promise<DiscoveryPage<DiscoveryEntry>> {
  return queryDiscovery(client, args, 'queryPlatforms', 'platforms');
}

/** @internal */
export async function getServiceSampleDataSets(
  client: Client,
  args: GetServiceSampleDataSetsOptions,
): Promise<GetServiceSampleDataSetsResponse> {
  checkArguments('getServiceSampleDataSets', sampleShape, args);
  return ask(client, args, anyObject, {
    call: 'getServiceSampleDataSets',
    method: 'GET',
    // Assumed: the id travels in a header, as in the calls about an account.
    path: 'permission-access/sample/datasets/h:sourceId',
    headers: { sourceId: String(args.sourceId) },
  });
}

/** @internal */
export async function getContractDetails(client: Client, args: GetContractDetailsOptions): Promise<Contract> {
  checkArguments('getContractDetails', contractShape, args);
  return ask(client, args, object({ id: text }), {
    call: 'getContractDetails',
    method: 'GET',
    path: 'permission-access/contract',
  });
}

async function queryDiscovery<Found>(
  client: Client,
  args: DiscoveryOptions,
  call: string,
  what: 'sources' | 'categories' | 'countries' | 'platforms',
  byDefault: DiscoveryBodyParams = {},
): Promise<DiscoveryPage<Found>> {
  const name = `${what}BodyParams`;
  checkArguments(call, object({ ...callOptions, contractDetails, [name]: bodyParams }), args);
  const params = (args as unknown as Record<string, unknown>)[name];
  return ask(client, args, pageShape, {
    call,
    method: 'POST',
    path: `discovery/${what}`,
    json: params ?? byDefault,
  });
}

async function ask<Value>(
  client: Client,
  args: DiscoveryOptions,
  shape: Shape,
  call: Omit<PlatformCall, 'expected' | 'repeat'>,
): Promise<Value> {
  const answer = await callPlatform(
    client,
    { ...call, expected: 'json', repeat: 'safe' },
    { contract: args.contractDetails, options: args },
  );
  return parseAnswer<Value>(shape, answer.body, answer);
}
