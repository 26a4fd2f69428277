export type { UserCall } from './call-for-user.js';
export type { DigiMe } from './calls.js';
export type { CallOptions } from './client.js';
export { type ClientErrorCode, clientErrorCodes, type ErrorCodeFacts } from './client-error-codes.js';
export type { ContractDetails } from './contract-details.js';
export { checkContractKey } from './contract-key.js';
export type { DeleteAccountArguments, Deleted } from './delete-account.js';
export { DigiMeSDKError } from './digime-sdk-error.js';
export type { Exchange, ExchangeHook, ExchangeRequest, ExchangeResponse } from './exchange.js';
export type { ExchangeCodeForTokenArguments } from './exchange-code-for-token.js';
export { FileDecryptionError } from './file-decryption-error.js';
export type { FileFacts } from './file-metadata.js';
export type { FileData, OpenFile } from './file-source.js';
export type { AuthorizeUrl, GetAuthorizeUrlArguments } from './get-authorize-url.js';
export type { Contract, GetContractDetailsArguments } from './get-contract-details.js';
export type { GetOnboardServiceUrlArguments, OnboardServiceUrl } from './get-onboard-service-url.js';
export type { GetReauthorizeAccountUrlArguments } from './get-reauthorize-account-url.js';
export type { GetReauthorizeUrlArguments } from './get-reauthorize-url.js';
export type { GetRevokeAccountPermissionUrlArguments } from './get-revoke-account-permission-url.js';
export type { ProxySetting } from './http.js';
export { type InitOptions, init } from './init.js';
export type { Session } from './onboarding-session.js';
export type { OnboardingUrlOptions } from './onboarding-url.js';
export type { PushDataArguments, PushOptions, PushResponse } from './push-data.js';
export type { FileDescriptor, PushToLibraryArguments } from './push-to-library.js';
export type { PushToProviderArguments } from './push-to-provider.js';
export type { QuerySourcesArguments, Source, SourcesPage } from './query-sources.js';
export type { Account } from './read-accounts.js';
export type { ReadAllFilesArguments, ReadAllFilesResult } from './read-all-files.js';
export type { ReadFileArguments } from './read-file.js';
export type { FileList, ListedFile, ReadFileListArguments, ReadStatus } from './read-file-list.js';
export type { ReadSessionArguments } from './read-session.js';
export type { RefreshTokenArguments } from './refresh-token.js';
export { SDKInvalidError } from './sdk-invalid-error.js';
export { ServerError, type ServerErrorDetails } from './server-error.js';
export { TypeValidationError } from './type-validation-error.js';
export type {
  AccessTokenChange,
  RefreshLock,
  RefreshOptions,
  TokenPart,
  UserAccessToken,
} from './user-access-token.js';
