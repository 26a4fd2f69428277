import type { UserAccessToken } from './arguments/call-options.js';
import type {
  DeleteAccountOptions,
  DeleteResponse,
  DeleteUserOptions,
  GetRevokeAccountPermissionUrlOptions,
  GetRevokeAccountPermissionUrlResponse,
  ReadAccountsOptions,
  ReadAccountsResponse,
} from './calls/accounts.js';
import type { GetAuthorizeUrlOptions, GetAuthorizeUrlResponse } from './calls/authorize.js';
import type {
  Contract,
  DiscoveryEntry,
  DiscoveryPage,
  GetContractDetailsOptions,
  GetServiceSampleDataSetsOptions,
  GetServiceSampleDataSetsResponse,
  QueryCategoriesOptions,
  QueryCountriesOptions,
  QueryPlatformsOptions,
  QuerySourcesOptions,
  QuerySourcesResponse,
} from './calls/discovery.js';
import type { ExchangeCodeForTokenOptions, RefreshTokenOptions } from './calls/exchange-code.js';
import type { GetOnboardServiceUrlOptions, GetOnboardServiceUrlResponse } from './calls/onboard-service.js';
import type {
  GetPortabilityReportOptions,
  GetPortabilityReportResponse,
} from './calls/portability-report.js';
import type { PushDataOptions } from './calls/push-data.js';
import type { ReadAllFilesOptions, ReadAllFilesResponse } from './calls/read-all-files.js';
import type {
  OpenFileResponse,
  ReadFileListOptions,
  ReadFileListResponse,
  ReadFileMetadataResponse,
  ReadFileOptions,
  ReadFileResponse,
} from './calls/read-files.js';
import type { ReadSessionOptions, ReadSessionResponse } from './calls/read-session.js';
import type {
  GetReauthorizeAccountUrlOptions,
  GetReauthorizeAccountUrlResponse,
  GetReauthorizeUrlOptions,
  GetReauthorizeUrlResponse,
} from './calls/reauthorize.js';
import type {
  CreateProvisionalStorageOptions,
  CreateProvisionalStorageResponse,
  GetUserStorageOptions,
  GetUserStorageResponse,
} from './calls/storage.js';
import type {
  DeleteStorageFileOptions,
  DeleteStorageFileResponse,
  DownloadStorageFileOptions,
  DownloadStorageFileResponse,
  ListStorageFilesOptions,
  ListStorageFilesResponse,
  UploadFileToStorageOptions,
  UploadFileToStorageResponse,
} from './calls/storage-files.js';

/**
 * The documented calls. They need no `this`: they can be passed around. Unless a call says otherwise, it rejects with
 * - `TypeValidationError` for arguments of a wrong type or shape, before any request;
 * - `ServerError` for a refusal of the platform, or an answer that cannot be used (`clientErrorCodes`).
 *
 * A call for a user refreshes the token once on `InvalidToken` and gives back the one it ended with: save that.
 */
export interface DigiMe {
  /**
   * Starts an authorization with PKCE (RFC 7636): the URL to send the user to, and the code verifier to keep until they come
   * back to `callback` with `?success=true&code=…&state=…&accountReference=…`, or `?success=false&errorCode=…`.
   * @throws ServerError `InvalidRedirectUri` when the callback is not registered for the contract
   * @example
   * const { url, codeVerifier } = await sdk.getAuthorizeUrl({ contractDetails, callback, state, sourceType: 'push' });
   */
  getAuthorizeUrl(options: GetAuthorizeUrlOptions): Promise<GetAuthorizeUrlResponse>;

  /**
   * Starts the renewal of a user's consent, for when the refresh token has ended: the URL to send the user to and the code
   * verifier. The code of the callback goes into `exchangeCodeForToken` like that of a first authorization.
   * @example
   * const { url, codeVerifier } = await sdk.getReauthorizeUrl({ contractDetails, userAccessToken, callback, state });
   */
  getReauthorizeUrl(options: GetReauthorizeUrlOptions): Promise<GetReauthorizeUrlResponse>;

  /**
   * The URL where a user who is known already adds a source. Nothing has to be exchanged afterwards.
   * @example
   * const { url } = await sdk.getOnboardServiceUrl({ contractDetails, userAccessToken, callback, serviceId: 16 });
   */
  getOnboardServiceUrl(options: GetOnboardServiceUrlOptions): Promise<GetOnboardServiceUrlResponse>;

  /**
   * The URL where a user renews the access of one account at its source, for when a call says `ServiceAuthorizationError`.
   * @example
   * const { url } = await sdk.getReauthorizeAccountUrl({ contractDetails, userAccessToken, callback, accountId });
   */
  getReauthorizeAccountUrl(
    options: GetReauthorizeAccountUrlOptions,
  ): Promise<GetReauthorizeAccountUrlResponse>;

  /**
   * Trades the authorization code of the callback for a user access token (RFC 7636 §4.5). A code serves once: the request is
   * repeated only if it has certainly not arrived. A token that is not signed by the platform, or lacks a part, is refused.
   * @throws ServerError `InvalidPlatformToken`, or the platform's code
   * @example
   * const userAccessToken = await sdk.exchangeCodeForToken({ contractDetails, codeVerifier, authorizationCode });
   */
  exchangeCodeForToken(options: ExchangeCodeForTokenOptions): Promise<UserAccessToken>;

  /**
   * Trades the refresh token for a new user access token. The platform may rotate the refresh token: save the result. Calls do
   * this by themselves when they need to.
   * @throws ServerError `InvalidToken`: the user must consent again (`getReauthorizeUrl`)
   */
  refreshToken(options: RefreshTokenOptions): Promise<UserAccessToken>;

  /**
   * Pushes a file into the user's library, or a resource to a provider. Resolves when the platform has accepted it: any 2xx;
   * then it has been written at least once. Never repeated by itself except once after a refresh of the token, with the whole
   * body. `clientErrorCodes` says for each error whether the push may have arrived; `onResponse` gets the answer.
   * @throws ServerError `FileMustBeSentAgain` for a plain `Readable` whose token had to be refreshed
   * @example
   * await sdk.pushData({
   *   type: 'library', contractDetails, userAccessToken,
   *   data: { fileData, fileName: 'letter.pdf', fileDescriptor: { mimeType: 'application/pdf', accounts: [{ accountId: 'patient-1' }] } },
   *   onAccessTokenChange: (token) => save(token),
   * });
   * @example
   * await sdk.pushData({ type: 'provider', contractDetails, userAccessToken, accountId, standard: 'fhir', version: 'stu3', data: bundle });
   */
  pushData(options: PushDataOptions): Promise<void>;

  /**
   * The user's accounts at sources and providers.
   * @example
   * const { accounts } = await sdk.readAccounts({ contractDetails, userAccessToken });
   * const account = accounts.find(({ reference }) => reference === accountReference);
   */
  readAccounts(options: ReadAccountsOptions): Promise<ReadAccountsResponse>;

  /**
   * The provider's page where the user takes the permission of one account back (MedMij). Send the user there; they come back
   * to `redirectUri` with `?result=success`, or `?result=failed&error_message=` and a code.
   */
  getRevokeAccountPermissionUrl(
    options: GetRevokeAccountPermissionUrlOptions,
  ): Promise<GetRevokeAccountPermissionUrlResponse>;

  /**
   * Removes one account, and what came from it, from the user's library. Repeated after a 5xx like a read; a repeat that
   * no longer finds it has succeeded.
   */
  deleteAccount(options: DeleteAccountOptions): Promise<DeleteResponse>;

  /** Removes the user and the whole library at the platform. The token is worth nothing afterwards. */
  deleteUser(options: DeleteUserOptions): Promise<DeleteResponse>;

  /**
   * The sources that users can onboard, a page of them. The platform wants a contract for reading.
   * @example
   * const { data } = await sdk.querySources({ contractDetails, sourcesBodyParams: { limit: 20, query: { filter: { type: { id: [2] } } } } });
   */
  querySources(options: QuerySourcesOptions): Promise<QuerySourcesResponse>;

  /** The categories that sources belong to, a page of them. */
  queryCategories(options: QueryCategoriesOptions): Promise<DiscoveryPage<DiscoveryEntry>>;

  /** The countries that sources are offered in, a page of them. */
  queryCountries(options: QueryCountriesOptions): Promise<DiscoveryPage<DiscoveryEntry>>;

  /** The platforms that sources run on, a page of them. */
  queryPlatforms(options: QueryPlatformsOptions): Promise<DiscoveryPage<DiscoveryEntry>>;

  /** The sets of sample data of one source, by name. */
  getServiceSampleDataSets(
    options: GetServiceSampleDataSetsOptions,
  ): Promise<GetServiceSampleDataSetsResponse>;

  /** What the platform knows of the contract that the call is signed with. */
  getContractDetails(options: GetContractDetailsOptions): Promise<Contract>;

  /**
   * Starts a session to read the user's library in; its key is a secret. The platform begins to gather the files.
   * @example
   * const { session } = await sdk.readSession({ contractDetails, userAccessToken });
   */
  readSession(options: ReadSessionOptions): Promise<ReadSessionResponse>;

  /** The files of a session so far, and whether more will come. */
  readFileList(options: ReadFileListOptions): Promise<ReadFileListResponse>;

  /**
   * A file of the library in memory, decrypted and decompressed, at most `maxFileBytes`.
   * @throws FileDecryptionError for a wrong key, or a file that is damaged or too large
   */
  readFile(options: ReadFileOptions): Promise<ReadFileResponse>;

  /** What is known of a file, without its content. */
  readFileMetadata(options: ReadFileOptions): Promise<ReadFileMetadataResponse>;

  /**
   * `readFile` as a stream that decrypts and decompresses as it goes, in little memory. The SDK does not have it. The stream
   * fails with `FileDecryptionError` or `ServerError`; only when it ends is it whole.
   */
  openFile(options: ReadFileOptions): Promise<OpenFileResponse>;

  /**
   * Reads all files of a session while the platform gathers them, four at a time. Returns at once.
   * @throws TypeValidationError for wrong arguments, at once; everything else rejects `filePromise`
   * @example
   * const { filePromise, stopPolling } = sdk.readAllFiles({
   *   sessionKey: session.key, ...contractDetails, userAccessToken,
   *   onFileData: ({ fileName, fileData }) => keep(fileName, fileData),
   *   onFileError: ({ fileName, error }) => console.warn(fileName, error.message),
   * });
   * const { state } = await filePromise;
   */
  readAllFiles(options: ReadAllFilesOptions): ReadAllFilesResponse;

  /**
   * A report of the user's data in a form that another system takes.
   * @example
   * const { file } = await sdk.getPortabilityReport({ contractDetails, userAccessToken, format: 'xml', serviceType: 'medmij' });
   */
  getPortabilityReport(options: GetPortabilityReportOptions): Promise<GetPortabilityReportResponse>;

  /**
   * Makes a storage for files of the application that no user has yet. It becomes a user's by `getAuthorizeUrl`, given its
   * `kid` as `storageRef`. Repeated only if the request has certainly not arrived. Names and wire of the storage calls are
   * assumed: the platform has not published them.
   * @example
   * const { cloudId, kid } = await sdk.createProvisionalStorage({ contractDetails });
   * await sdk.uploadFileToStorage({ contractDetails, storageId: cloudId, fileName: 'letter.txt', fileData });
   * const { url, codeVerifier } = await sdk.getAuthorizeUrl({ contractDetails, callback, state, storageRef: kid });
   */
  createProvisionalStorage(
    options: CreateProvisionalStorageOptions,
  ): Promise<CreateProvisionalStorageResponse>;

  /**
   * The storage of this user; the platform makes it where there is none.
   * @example
   * const { cloudId, userAccessToken: latest } = await sdk.getUserStorage({ contractDetails, userAccessToken });
   */
  getUserStorage(options: GetUserStorageOptions): Promise<GetUserStorageResponse>;

  /**
   * The files of a storage in a folder and all below it.
   * @throws ServerError `NotFound` for a folder that does not exist; the storage as a whole always does
   * @example
   * const { files } = await sdk.listStorageFiles({ contractDetails, userAccessToken, storageId: cloudId, path: 'letters' });
   */
  listStorageFiles(options: ListStorageFilesOptions): Promise<ListStorageFilesResponse>;

  /**
   * Puts a file into a storage, in place of one of the same path. Repeated like a read where `fileData` can be sent again.
   * @throws ServerError `FileMustBeSentAgain` for a plain `Readable` whose token had to be refreshed
   * @example
   * await sdk.uploadFileToStorage({ contractDetails, userAccessToken, storageId: cloudId, path: 'letters', fileName: 'one.txt', fileData });
   */
  uploadFileToStorage(options: UploadFileToStorageOptions): Promise<UploadFileToStorageResponse>;

  /**
   * A file of a storage in memory, at most `maxFileBytes`.
   * @throws ServerError `NotFound`; `UnexpectedResponse` where the path is that of a folder
   */
  downloadStorageFile(options: DownloadStorageFileOptions): Promise<DownloadStorageFileResponse>;

  /**
   * Removes a file from a storage; where the path is that of a folder, all that is in it. Repeated after a 5xx like a read;
   * a repeat that no longer finds it has succeeded.
   * @throws ServerError `NotFound`
   */
  deleteStorageFile(options: DeleteStorageFileOptions): Promise<DeleteStorageFileResponse>;
}
