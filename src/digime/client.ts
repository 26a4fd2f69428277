import type { RefreshLock } from './arguments/call-options.js';
import type { FileDescriptorTokens } from './crypto/jwt.js';
import type { PlatformKeySet } from './token/platform-key-set.js';
import type { SharedRefreshes } from './token/shared-refreshes.js';
import type { ExchangeHook } from './wire/exchange.js';
import type { Transport } from './wire/http.js';
import type { Secrets } from './wire/mask.js';

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
  /** What this client has been given or got that must not appear in any text that leaves it. */
  secrets: Secrets;
}
