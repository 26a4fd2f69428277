import type { Buffer } from 'node:buffer';
import type { ExchangeHook } from '../wire/exchange.js';
import type { Interceptor, Signal } from '../wire/intercept.js';

/** What every call accepts beside its own arguments. */
export interface CallOptions {
  /** Ends the call with a `ServerError` of the code `Aborted`. */
  signal?: Signal | undefined;
  /** Gets the exchanges of this call, besides the hook of `init`. */
  onExchange?: ExchangeHook | undefined;
  /** Gets each request of this call before it is made; for tools that hold, change or repeat requests. */
  intercept?: Interceptor | undefined;
}

/** The contract that a call is made under. */
export interface ContractDetails {
  /** The contract's id, as issued. */
  contractId: string;
  /** RSA private key as PEM, PKCS#1 (as issued) or PKCS#8, at least 2048 bits; a `Buffer` holds the same text. */
  privateKey: string | Buffer;
}

/** A token's value and when it ends, in Unix seconds. */
export interface TokenPart {
  /** Opaque; a secret. */
  value: string;
  /** Unix time in seconds. */
  expiry: number;
}

/** What acts for a user under one contract. Plain JSON: store it sealed. */
export interface UserAccessToken {
  /** Goes with every call for the user; lives for about an hour to a day. */
  accessToken: TokenPart;
  /** Gets a new pair (`refreshToken`); when it has ended the user must consent again (`getReauthorizeUrl`). */
  refreshToken: TokenPart;
  /** The user's id at the platform: the same for every contract of one application. */
  user?: { id?: string | undefined } | undefined;
  /** The consent that the token rests on. */
  consentid?: string | undefined;
}

/** Gets the token that replaces the one the call was given. It is awaited before the call is repeated: save it here. */
export type AccessTokenChange = (userAccessToken: UserAccessToken) => unknown;

/**
 * Stands in for the client's own refresh, so that several processes can share one: take a lock, read the stored token;
 * if it is newer than `stale`, return it, else return what `refresh()` gives, after saving it. Concurrent calls of
 * one process share one invocation.
 */
export type RefreshLock = (
  refresh: () => Promise<UserAccessToken>,
  stale: UserAccessToken,
) => Promise<UserAccessToken>;

/** What calls on behalf of a user accept about the refresh of their token. */
export interface RefreshOptions {
  /** Called as soon as the platform has replaced the token, before the call is repeated with it. */
  onAccessTokenChange?: AccessTokenChange | null | undefined;
  /** For apps of several processes: see `RefreshLock`. Goes before the one of `init`. */
  onAccessTokenRefresh?: RefreshLock | undefined;
}

/** What a call on behalf of a user is made with. */
export interface UserCall extends CallOptions, RefreshOptions {
  /** The contract under which the user gave the consent. */
  contractDetails: ContractDetails;
  /** The user's token for that contract. Refreshed once if the platform says `InvalidToken`. */
  userAccessToken: UserAccessToken;
}

/** The contract of a call that reads within a session: spelled out, or as `contractDetails` like everywhere else. */
export type ReadCall = Omit<UserCall, 'contractDetails'> &
  (
    | (ContractDetails & { contractDetails?: ContractDetails | undefined })
    | ({ contractDetails: ContractDetails } & Partial<ContractDetails>)
  );
