export type { ContractDetails } from './arguments/contract-details.js';
export type { DigiMe } from './calls/calls.js';
export type { DeleteAccountArguments, Deleted } from './calls/delete-account.js';
export type { ExchangeCodeForTokenArguments } from './calls/exchange-code-for-token.js';
export type { FileFacts } from './calls/file-metadata.js';
export type { AuthorizeUrl, GetAuthorizeUrlArguments } from './calls/get-authorize-url.js';
export type { Contract, GetContractDetailsArguments } from './calls/get-contract-details.js';
export type { GetOnboardServiceUrlArguments, OnboardServiceUrl } from './calls/get-onboard-service-url.js';
export type { GetReauthorizeAccountUrlArguments } from './calls/get-reauthorize-account-url.js';
export type { GetReauthorizeUrlArguments } from './calls/get-reauthorize-url.js';
export type { GetRevokeAccountPermissionUrlArguments } from './calls/get-revoke-account-permission-url.js';
export type { Session } from './calls/onboarding-session.js';
export type { OnboardingUrlOptions } from './calls/onboarding-url.js';
export type { PushDataArguments, PushOptions, PushResponse } from './calls/push-data.js';
export type { FileDescriptor, PushToLibraryArguments } from './calls/push-to-library.js';
export type { PushToProviderArguments } from './calls/push-to-provider.js';
export type { QuerySourcesArguments, Source, SourcesPage } from './calls/query-sources.js';
export type { Account } from './calls/read-accounts.js';
export type { ReadAllFilesArguments, ReadAllFilesResult } from './calls/read-all-files.js';
export type { ReadFileArguments } from './calls/read-file.js';
export type { FileList, ListedFile, ReadFileListArguments, ReadStatus } from './calls/read-file-list.js';
export type { ReadSessionArguments } from './calls/read-session.js';
export type { RefreshTokenArguments } from './calls/refresh-token.js';
export type { CallOptions } from './client.js';
export { checkContractKey } from './crypto/contract-key.js';
export { DigiMeSDKError } from './digime-sdk-error.js';
export { FileDecryptionError } from './file-decryption-error.js';
export { type InitOptions, init } from './init.js';
export { SDKInvalidError } from './sdk-invalid-error.js';
export { ServerError, type ServerErrorDetails } from './server-error.js';
export type { UserCall } from './token/call-for-user.js';
export type {
  AccessTokenChange,
  RefreshLock,
  RefreshOptions,
  TokenPart,
  UserAccessToken,
} from './token/user-access-token.js';
export { TypeValidationError } from './type-validation-error.js';
export { type ClientErrorCode, clientErrorCodes, type ErrorCodeFacts } from './wire/client-error-codes.js';
export type { Exchange, ExchangeHook, ExchangeRequest, ExchangeResponse } from './wire/exchange.js';
export type { FileData, OpenFile } from './wire/file-source.js';
export type { ProxySetting } from './wire/http.js';
export type {
  InterceptedRequest,
  Interceptor,
  RequestPatch,
  SignedRequest,
} from './wire/intercept.js';
