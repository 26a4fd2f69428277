export type {
  AccessTokenChange,
  CallOptions,
  ContractDetails,
  ReadCall,
  RefreshLock,
  RefreshOptions,
  TokenPart,
  UserAccessToken,
  UserCall,
} from './arguments/call-options.js';
export type * from './calls/accounts.js';
export type * from './calls/authorize.js';
export type * from './calls/discovery.js';
export type * from './calls/exchange-code.js';
export type * from './calls/onboard-service.js';
export type { OnboardingUrlOptions, Session, SessionOptions } from './calls/onboarding.js';
export type * from './calls/portability-report.js';
export type * from './calls/push-data.js';
export type * from './calls/read-all-files.js';
export type * from './calls/read-files.js';
export type * from './calls/read-session.js';
export type * from './calls/reauthorize.js';
export type * from './calls/storage.js';
export type * from './calls/storage-files.js';
export { checkContractKey } from './crypto/contract-key.js';
export type { DigiMe, DigiMe as DigimeSDK } from './digime.js';
export {
  type ClientErrorCode,
  clientErrorCodes,
  DigiMeSDKError,
  type ErrorCodeFacts,
  FileDecryptionError,
  SDKInvalidError,
  ServerError,
  ServerError as DigiMeServerError,
  type ServerErrorDetails,
  TypeValidationError,
  unknownReference,
} from './errors.js';
export { type InitOptions, init } from './init.js';
export type { Unreadable } from './wire/answer.js';
export type { Exchange, ExchangeHook, ExchangeRequest, ExchangeResponse } from './wire/exchange.js';
export type { FileData, OpenFile } from './wire/file-source.js';
export type {
  InterceptedRequest,
  Interceptor,
  OutgoingBody,
  RequestPatch,
  Signal,
  SignedRequest,
} from './wire/intercept.js';
export type { ProxySetting } from './wire/proxy-setting.js';
