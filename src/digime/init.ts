import { anyText, callback, checkArguments, positive, text, wholeNumber } from './arguments/arguments.js';
import type { CallOptions, RefreshLock } from './arguments/call-options.js';
import { allOf, object, oneOf, optional, optionalOrNull, where } from './arguments/shape.js';
import { deleteAccount, deleteUser, getRevokeAccountPermissionUrl, readAccounts } from './calls/accounts.js';
import { getAuthorizeUrl } from './calls/authorize.js';
import {
  getContractDetails,
  getServiceSampleDataSets,
  queryCategories,
  queryCountries,
  queryPlatforms,
  querySources,
} from './calls/discovery.js';
import { exchangeCodeForToken, refreshToken } from './calls/exchange-code.js';
import { getOnboardServiceUrl } from './calls/onboard-service.js';
import { getPortabilityReport } from './calls/portability-report.js';
import { pushData } from './calls/push-data.js';
import { readAllFiles } from './calls/read-all-files.js';
import { openFile, readFile, readFileList, readFileMetadata } from './calls/read-files.js';
import { readSession } from './calls/read-session.js';
import { getReauthorizeAccountUrl, getReauthorizeUrl } from './calls/reauthorize.js';
import { createProvisionalStorage, getUserStorage } from './calls/storage.js';
import {
  deleteStorageFile,
  downloadStorageFile,
  listStorageFiles,
  uploadFileToStorage,
} from './calls/storage-files.js';
import type { Client } from './client.js';
import { FileDescriptorTokens } from './crypto/jwt.js';
import type { DigiMe } from './digime.js';
import { PlatformKeySet } from './token/platform-key-set.js';
import { fetchPlatformKeys } from './token/platform-token.js';
import { SharedRefreshes } from './token/shared-refreshes.js';
import type { ExchangeHook } from './wire/exchange.js';
import { createTransport } from './wire/http.js';
import { Secrets } from './wire/mask.js';
import type { ProxySetting } from './wire/proxy-setting.js';

/** Options of `init`. */
export interface InitOptions {
  /** The application's id, as issued. */
  applicationId: string;
  /** Address of the API; a missing final slash is added. Default `https://api.digi.me/v1.7/`. */
  baseUrl?: string | undefined;
  /** Address of the onboarding pages; a missing final slash is added. Default `https://api.digi.me/apps/saas/`. */
  onboardUrl?: string | undefined;
  /** How often a call that is safe to repeat is repeated; default 2. */
  retryOptions?: { limit?: number | undefined } | null | undefined;
  /** Milliseconds for a call with all its repeats, and for the answer to a push; default 30,000. */
  timeoutMs?: number | undefined;
  /** Milliseconds that a push may go without progress: bytes taken from the file, then the answer; default 120,000. */
  pushTimeoutMs?: number | undefined;
  /** Cap on the body of one answer in bytes, after decompression; default 16 MiB. */
  maxResponseBytes?: number | undefined;
  /** Cap on one file that is read in bytes, encrypted and in the clear; default 1 GiB. */
  maxFileBytes?: number | undefined;
  /** Gets every HTTP exchange, with secrets masked. Nothing is built for it when there is none. */
  onExchange?: ExchangeHook | undefined;
  /** For apps of several processes: see `RefreshLock`. A call's own hook goes first. */
  onAccessTokenRefresh?: RefreshLock | undefined;
  /** The clock, in Unix milliseconds; default `Date.now`. */
  now?: (() => number) | undefined;
  /** Default: none, whatever the environment says. */
  proxy?: ProxySetting | undefined;
  /**
   * How this client introduces itself to the platform, which may refuse clients by it (`SDKInvalid`). Default: as the Node
   * SDK whose protocol it speaks, `{ name: 'nodejs', version: '16.1.5' }`.
   */
  agent?: { name: string; version: string } | undefined;
}

const address = allOf(
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
const bytes = allOf(wholeNumber, positive);
const proxyAddress = object({
  protocol: optional(oneOf('http', 'https')),
  host: text,
  port: allOf(wholeNumber, positive),
  auth: optional(object({ username: anyText, password: anyText })),
});
const shape = object({
  applicationId: text,
  baseUrl: optional(address),
  onboardUrl: optional(address),
  retryOptions: optionalOrNull(object({ limit: optional(wholeNumber) })),
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
 * is enough.
 * @throws TypeValidationError
 * @example
 * const sdk = init({ applicationId: 'your-application-id' });
 */
export function init(options: InitOptions): DigiMe {
  checkArguments('init', shape, options);
  const baseUrl = withSlash(options.baseUrl ?? 'https://api.digi.me/v1.7/');
  const client: Client = {
    applicationId: options.applicationId,
    baseUrl,
    onboardUrl: withSlash(options.onboardUrl ?? 'https://api.digi.me/apps/saas/'),
    agent: options.agent ?? { name: 'nodejs', version: '16.1.5' },
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
    secrets: new Secrets(),
  };
  return callsOf(client);
}

function callsOf(client: Client): DigiMe {
  return {
    getAuthorizeUrl: (args) => getAuthorizeUrl(client, args),
    getReauthorizeUrl: (args) => getReauthorizeUrl(client, args),
    getOnboardServiceUrl: (args) => getOnboardServiceUrl(client, args),
    getReauthorizeAccountUrl: (args) => getReauthorizeAccountUrl(client, args),
    exchangeCodeForToken: (args) => exchangeCodeForToken(client, args),
    refreshToken: (args) => refreshToken(client, args),
    pushData: (args) => pushData(client, args),
    readAccounts: (args) => readAccounts(client, args),
    getRevokeAccountPermissionUrl: (args) => getRevokeAccountPermissionUrl(client, args),
    deleteAccount: (args) => deleteAccount(client, args),
    deleteUser: (args) => deleteUser(client, args),
    querySources: (args) => querySources(client, args),
    queryCategories: (args) => queryCategories(client, args),
    queryCountries: (args) => queryCountries(client, args),
    queryPlatforms: (args) => queryPlatforms(client, args),
    getServiceSampleDataSets: (args) => getServiceSampleDataSets(client, args),
    getContractDetails: (args) => getContractDetails(client, args),
    readSession: (args) => readSession(client, args),
    readFileList: (args) => readFileList(client, args),
    readFile: (args) => readFile(client, args),
    readFileMetadata: (args) => readFileMetadata(client, args),
    openFile: (args) => openFile(client, args),
    readAllFiles: (args) => readAllFiles(client, args),
    getPortabilityReport: (args) => getPortabilityReport(client, args),
    createProvisionalStorage: (args) => createProvisionalStorage(client, args),
    getUserStorage: (args) => getUserStorage(client, args),
    listStorageFiles: (args) => listStorageFiles(client, args),
    uploadFileToStorage: (args) => uploadFileToStorage(client, args),
    downloadStorageFile: (args) => downloadStorageFile(client, args),
    deleteStorageFile: (args) => deleteStorageFile(client, args),
  };
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
