import type { FileDescriptorTokens } from './crypto/file-descriptor-tokens.js';
import type { PlatformKeySet } from './token/platform-key-set.js';
import type { SharedRefreshes } from './token/shared-refreshes.js';
import type { RefreshLock } from './token/user-access-token.js';
import type { ExchangeHook } from './wire/exchange.js';
import type { Transport } from './wire/http.js';
import type { Interceptor } from './wire/intercept.js';

/** What one `init` sets up and all its calls share. */
export interface Client {
  applicationId: string;
  /** Ends in a slash. */
  baseUrl: string;
  /** Ends in a slash. */
  onboardUrl: string;
  agent: { name: string; version: string };
  /** How often a call that is safe to repeat is repeated. */
  retryLimit: number;
  timeoutMs: number;
  pushTimeoutMs: number;
  maxResponseBytes: number;
  maxFileBytes: number;
  onExchange: ExchangeHook | undefined;
  onAccessTokenRefresh: RefreshLock | undefined;
  /** Unix time in milliseconds. */
  now: () => number;
  transport: Transport;
  keySet: PlatformKeySet;
  refreshes: SharedRefreshes;
  descriptorTokens: FileDescriptorTokens;
}

/** What every call accepts beside its own arguments. */
export interface CallOptions {
  /** Ends the call with a `ServerError` of the code `Aborted`. */
  signal?: AbortSignal | undefined;
  /** Gets the exchanges of this call, besides the hook of `init`. */
  onExchange?: ExchangeHook | undefined;
  /** Gets each request of this call before it is made; for tools that hold, change or repeat requests. */
  intercept?: Interceptor | undefined;
}
