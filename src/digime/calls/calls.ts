import type { Readable } from 'node:stream';
import type { Client } from '../client.js';
import type { UserCall } from '../token/call-for-user.js';
import type { UserAccessToken } from '../token/user-access-token.js';
import { type DeleteAccountArguments, type Deleted, deleteAccount, deleteUser } from './delete-account.js';
import { type ExchangeCodeForTokenArguments, exchangeCodeForToken } from './exchange-code-for-token.js';
import type { FileFacts } from './file-metadata.js';
import { type AuthorizeUrl, type GetAuthorizeUrlArguments, getAuthorizeUrl } from './get-authorize-url.js';
import {
  type Contract,
  type GetContractDetailsArguments,
  getContractDetails,
} from './get-contract-details.js';
import {
  type GetOnboardServiceUrlArguments,
  getOnboardServiceUrl,
  type OnboardServiceUrl,
} from './get-onboard-service-url.js';
import {
  type GetReauthorizeAccountUrlArguments,
  getReauthorizeAccountUrl,
} from './get-reauthorize-account-url.js';
import { type GetReauthorizeUrlArguments, getReauthorizeUrl } from './get-reauthorize-url.js';
import {
  type GetRevokeAccountPermissionUrlArguments,
  getRevokeAccountPermissionUrl,
} from './get-revoke-account-permission-url.js';
import type { Session } from './onboarding-session.js';
import { type PushDataArguments, pushData } from './push-data.js';
import { type QuerySourcesArguments, querySources, type SourcesPage } from './query-sources.js';
import { type Account, readAccounts } from './read-accounts.js';
import { type ReadAllFilesArguments, type ReadAllFilesResult, readAllFiles } from './read-all-files.js';
import { openFile, type ReadFileArguments, readFile, readFileMetadata } from './read-file.js';
import { type FileList, type ReadFileListArguments, readFileList } from './read-file-list.js';
import { type ReadSessionArguments, readSession } from './read-session.js';
import { type RefreshTokenArguments, refreshToken } from './refresh-token.js';

/**
 * The documented calls. All reject with `TypeValidationError` for arguments of a wrong type or shape, before any request
 * (`readAllFiles` throws it), and with `ServerError` for whatever goes wrong with the platform.
 */
export interface DigiMe {
  getAuthorizeUrl(args: GetAuthorizeUrlArguments): Promise<AuthorizeUrl>;
  getReauthorizeUrl(
    args: GetReauthorizeUrlArguments,
  ): Promise<AuthorizeUrl & { userAccessToken: UserAccessToken }>;
  getOnboardServiceUrl(args: GetOnboardServiceUrlArguments): Promise<OnboardServiceUrl>;
  getReauthorizeAccountUrl(args: GetReauthorizeAccountUrlArguments): Promise<OnboardServiceUrl>;
  exchangeCodeForToken(args: ExchangeCodeForTokenArguments): Promise<UserAccessToken>;
  refreshToken(args: RefreshTokenArguments): Promise<UserAccessToken>;
  pushData(args: PushDataArguments): Promise<void>;
  readAccounts(args: UserCall): Promise<{ accounts: Account[]; userAccessToken: UserAccessToken }>;
  querySources(args: QuerySourcesArguments): Promise<SourcesPage>;
  getContractDetails(args: GetContractDetailsArguments): Promise<Contract>;
  getRevokeAccountPermissionUrl(
    args: GetRevokeAccountPermissionUrlArguments,
  ): Promise<{ location: string; userAccessToken: UserAccessToken }>;
  deleteAccount(args: DeleteAccountArguments): Promise<Deleted>;
  deleteUser(args: UserCall): Promise<Deleted>;
  readSession(args: ReadSessionArguments): Promise<{ session: Session; userAccessToken: UserAccessToken }>;
  readFileList(args: ReadFileListArguments): Promise<FileList>;
  readFile(
    args: ReadFileArguments,
  ): Promise<FileFacts & { fileData: Buffer; userAccessToken: UserAccessToken }>;
  readFileMetadata(args: ReadFileArguments): Promise<FileFacts & { userAccessToken: UserAccessToken }>;
  /** Ours: `readFile` as a stream, for files that should not be held in memory. */
  openFile(
    args: ReadFileArguments,
  ): Promise<FileFacts & { stream: Readable; userAccessToken: UserAccessToken }>;
  readAllFiles(args: ReadAllFilesArguments): {
    stopPolling: () => void;
    filePromise: Promise<ReadAllFilesResult>;
  };
}

/** The documented calls of one client. They need no `this`: they can be passed around. */
export function callsOf(client: Client): DigiMe {
  return {
    getAuthorizeUrl: (args) => getAuthorizeUrl(client, args),
    getReauthorizeUrl: (args) => getReauthorizeUrl(client, args),
    getOnboardServiceUrl: (args) => getOnboardServiceUrl(client, args),
    getReauthorizeAccountUrl: (args) => getReauthorizeAccountUrl(client, args),
    exchangeCodeForToken: (args) => exchangeCodeForToken(client, args),
    refreshToken: (args) => refreshToken(client, args),
    pushData: (args) => pushData(client, args),
    readAccounts: (args) => readAccounts(client, args),
    querySources: (args) => querySources(client, args),
    getContractDetails: (args) => getContractDetails(client, args),
    getRevokeAccountPermissionUrl: (args) => getRevokeAccountPermissionUrl(client, args),
    deleteAccount: (args) => deleteAccount(client, args),
    deleteUser: (args) => deleteUser(client, args),
    readSession: (args) => readSession(client, args),
    readFileList: (args) => readFileList(client, args),
    readFile: (args) => readFile(client, args),
    readFileMetadata: (args) => readFileMetadata(client, args),
    openFile: (args) => openFile(client, args),
    readAllFiles: (args) => readAllFiles(client, args),
  };
}
