import { both, object, oneOf, optional, where } from './arguments/argument-shape.js';
import { anyText, callback, checkArguments, positive, text, wholeNumber } from './arguments/arguments.js';
import { callsOf, type DigiMe } from './calls/calls.js';
import type { CallOptions, Client } from './client.js';
import { FileDescriptorTokens } from './crypto/file-descriptor-tokens.js';
import { fetchPlatformKeys } from './token/fetch-platform-keys.js';
import { PlatformKeySet } from './token/platform-key-set.js';
import { SharedRefreshes } from './token/shared-refreshes.js';
import type { RefreshLock } from './token/user-access-token.js';
import type { ExchangeHook } from './wire/exchange.js';
import { createTransport, type ProxySetting } from './wire/http.js';

/** Options of `init`. */
export interface InitOptions {
  applicationId: string;
  /** Address of the API; a missing final slash is added. Default `https://api.digi.me/v1.7/`. */
  baseUrl?: string | undefined;
  /** Address of the onboarding pages; a missing final slash is added. Default `https://api.digi.me/apps/saas/`. */
  onboardUrl?: string | undefined;
  /** How often a call that is safe to repeat is repeated; default 2. */
  retryOptions?: { limit?: number | undefined } | undefined;
  /** Deadline of a call with all its repeats, and for the answer to a push; default 30,000. */
  timeoutMs?: number | undefined;
  /** Deadline of a push without progress: bytes taken from the file, then the answer; default 120,000. */
  pushTimeoutMs?: number | undefined;
  /** Cap on the JSON of one answer, after decompression; default 16 MiB. */
  maxResponseBytes?: number | undefined;
  /** Cap on one file that is read, encrypted and in the clear; default 1 GiB. */
  maxFileBytes?: number | undefined;
  /** Gets every HTTP exchange, with secrets masked. Nothing is built for it when there is none. */
  onExchange?: ExchangeHook | undefined;
  /** For apps of several processes: see `RefreshLock`. A call's own hook goes first. */
  onAccessTokenRefresh?: RefreshLock | undefined;
  /** The clock, in Unix milliseconds; default `Date.now`. */
  now?: (() => number) | undefined;
  /** Default: none, whatever the environment says. */
  proxy?: ProxySetting | undefined;
  /** How this client introduces itself to the platform, which may refuse clients by it (`SDKInvalid`). */
  agent?: { name: string; version: string } | undefined;
}

const address = both(
  text,
  where(
    (value) => isAddress(value as string),
    'must be an http or https URL without credentials, query or fragment',
  ),
);
const milliseconds = where(
  (value) => typeof value === 'number' && value > 0 && value < 2 ** 31,
  'must be milliseconds: above zero, below 2^31',
);
const bytes = both(wholeNumber, positive);
const proxyAddress = object({
  protocol: optional(oneOf('http', 'https')),
  host: text,
  port: both(wholeNumber, positive),
  auth: optional(object({ username: anyText, password: anyText })),
});
const shape = object({
  applicationId: text,
  baseUrl: optional(address),
  onboardUrl: optional(address),
  retryOptions: optional(object({ limit: optional(wholeNumber) })),
  timeoutMs: optional(milliseconds),
  pushTimeoutMs: optional(milliseconds),
  maxResponseBytes: optional(bytes),
  maxFileBytes: optional(bytes),
  onExchange: optional(callback),
  onAccessTokenRefresh: optional(callback),
  now: optional(callback),
  proxy: optional((value) => (value === 'environment' ? undefined : proxyAddress(value))),
  agent: optional(object({ name: text, version: text })),
});

/**
 * Sets up a client of the digi.me API; its connections, keys and refreshes are shared by all its calls, so one per process
 * is enough. Throws `TypeValidationError`.
 */
export function init(options: InitOptions): DigiMe {
  checkArguments('init', shape, options);
  const baseUrl = withSlash(options.baseUrl ?? 'https://api.digi.me/v1.7/');
  const client: Client = {
    applicationId: options.applicationId,
    baseUrl,
    onboardUrl: withSlash(options.onboardUrl ?? 'https://api.digi.me/apps/saas/'),
    // Assumed: the platform admits clients by this pair. It names the release whose protocol this client speaks.
    agent: options.agent ?? { name: 'js', version: '16.1.0' },
    retryLimit: options.retryOptions?.limit ?? 2,
    timeoutMs: options.timeoutMs ?? 30_000,
    pushTimeoutMs: options.pushTimeoutMs ?? 120_000,
    maxResponseBytes: options.maxResponseBytes ?? 16 * 1024 ** 2,
    maxFileBytes: options.maxFileBytes ?? 1024 ** 3,
    onExchange: options.onExchange,
    onAccessTokenRefresh: options.onAccessTokenRefresh,
    now: options.now ?? Date.now,
    transport: createTransport(options.proxy),
    keySet: new PlatformKeySet(baseUrl, (path: string, call: CallOptions) =>
      fetchPlatformKeys(client, path, call),
    ),
    refreshes: new SharedRefreshes(),
    descriptorTokens: new FileDescriptorTokens(),
  };
  return callsOf(client);
}

function isAddress(value: string): boolean {
  if (!URL.canParse(value)) return false;
  const { protocol, username, password, search, hash } = new URL(value);
  return (protocol === 'https:' || protocol === 'http:') && `${username}${password}${search}${hash}` === '';
}

function withSlash(address: string): string {
  const { href } = new URL(address);
  return href.endsWith('/') ? href : `${href}/`;
}
