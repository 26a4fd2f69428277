export interface Library {
  userId: string;
  /** The test person whose library it is; `undefined` in libraries of earlier versions. */
  personId?: string | undefined;
  createdAt: number;
}

export interface Account {
  id: string;
  /** What the callback carries as `accountReference`. */
  reference: string;
  userId: string;
  type: 'USER' | 'PUSH';
  sourceId: number | null;
  createdAt: number;
  updatedAt: number;
  authorized: boolean;
}

/**
 * An authorization that waits for a person: made by `oauth/authorize` or `oauth/token/reference`, settled on a page.
 * `expiresAt` is on the sandbox's own clock, milliseconds.
 */
export interface Consent {
  code: string;
  kind: 'authorize' | 'reference';
  contractId: string;
  userId: string | null;
  redirectUri: string;
  state: string | null;
  challenge: string | null;
  sessionKey: string;
  expiresAt: number;
  settled: 'allowed' | 'cancelled' | null;
  authorizationCode: string | null;
  returnUrl: string | null;
  /** The provisional storage that becomes the person's. */
  storageId?: string | undefined;
}

export interface AuthorizationCode {
  code: string;
  contractId: string;
  userId: string;
  challenge: string;
  expiresAt: number;
  usedAt: number | null;
}

export interface Token {
  value: string;
  use: 'access' | 'refresh';
  contractId: string;
  userId: string;
  consentId: string;
  expiresAt: number;
  usedAt: number | null;
}

export interface Session {
  key: string;
  contractId: string;
  userId: string | null;
  expiresAt: number;
  polls: number;
  limits?: Record<string, unknown> | undefined;
  scope?: Record<string, unknown> | undefined;
  triggerQuery?: string | undefined;
  accept?: { compression?: AcceptedCompression | undefined } | undefined;
}

export type AcceptedCompression = 'gzip' | 'brotli' | 'no-compression';

export interface FileDescriptor {
  mimeType: string;
  accounts: { accountId: string }[];
  reference?: string[] | undefined;
  tags?: string[] | undefined;
  contractId?: string | undefined;
  appId?: string | undefined;
  objectTypes?: (string | Record<string, unknown>)[] | undefined;
  serviceGroups?: (string | Record<string, unknown>)[] | undefined;
  providerName?: string | undefined;
}

export interface StoredFile {
  name: string;
  userId: string;
  contractId: string;
  applicationId: string;
  descriptor: FileDescriptor;
  size: number;
  sha256: string;
  count: number;
  receivedAt: number;
  updatedAt: number;
  /** Where the records in it were fetched; files that were pushed have none. */
  fetched?: FetchedRecords | undefined;
}

export interface FetchedRecords {
  accountId: string;
  sourceId: number;
  serviceName: string;
  serviceGroupId: number;
  serviceGroup: string;
  objectType: string;
  objectTypeId: number;
  objectCount: number;
}

export interface Delivery {
  id: string;
  userId: string;
  accountId: string;
  version: string;
  size: number;
  sha256: string;
  count: number;
  receivedAt: number;
}

/** A person's visit to the provider's own page, where permission is withdrawn. */
export interface Withdrawal {
  code: string;
  accountId: string;
  redirectUri: string;
  expiresAt: number;
  settled: boolean;
}

/** A place for an application's own files; `userId` is null while it is provisional. */
export interface Storage {
  id: string;
  userId: string | null;
  contractId: string;
  createdAt: number;
}

export interface StoredObject {
  /** Also the name of its body. */
  id: string;
  storageId: string;
  userId: string | null;
  path: string;
  mimeType: string;
  size: number;
  sha256: string;
  createdAt: number;
  updatedAt: number;
}
