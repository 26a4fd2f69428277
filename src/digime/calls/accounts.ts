import { anyText, checkArguments, headerText, text, userCall } from '../arguments/arguments.js';
import type { UserAccessToken, UserCall } from '../arguments/call-options.js';
import { list, object, where } from '../arguments/shape.js';
import type { Client } from '../client.js';
import { requestForUser } from '../token/call-for-user.js';
import { parseAnswer } from '../wire/refusal.js';

/** An account of the user at a source. What else the platform sends is kept as it is. */
export interface Account {
  /** Such as `40_…`: the `accountId` of a push to a provider. */
  id: string;
  /** Equals the `accountReference` of a callback. */
  reference: string;
  /** `USER`, `PUSH`, … */
  type?: string | undefined;
  /** Unix time in milliseconds. */
  createdDate?: number | undefined;
  /** Unix time in milliseconds. */
  updatedDate?: number | undefined;
  serviceGroupId?: number | undefined;
  /** The kind of source, such as `Health & Fitness`. */
  serviceGroupName?: string | undefined;
  serviceTypeId?: number | undefined;
  serviceTypeName?: string | undefined;
  serviceTypeReference?: string | undefined;
  /** The `id` of the source among those of `querySources`. */
  sourceId?: number | undefined;
  /** The user's name at the source. */
  username?: string | undefined;
  serviceProviderName?: string | undefined;
  /** Address of a picture. */
  providerLogo?: string | undefined;
  /** Whether it holds sample data. */
  sample?: boolean | undefined;
  /** Whether the source still lets the platform in; `expiresAt` in Unix milliseconds. */
  accessTokenStatus?: { authorized?: boolean | undefined; expiresAt?: number | undefined } | undefined;
  [field: string]: unknown;
}

/** Options of `readAccounts`. */
export type ReadAccountsOptions = UserCall;

/** The user's accounts, and the token that the call ended with. */
export interface ReadAccountsResponse {
  accounts: Account[];
  userAccessToken: UserAccessToken;
}

/** Options of `getRevokeAccountPermissionUrl`. */
export interface GetRevokeAccountPermissionUrlOptions extends UserCall {
  /** The `id` of one of the user's accounts. */
  accountId: string;
  /** Where the user comes back to, with `result=success`, or `result=failed` and a code as `error_message`. */
  redirectUri: string;
}

/** The provider's page, and the token that the call ended with. */
export interface GetRevokeAccountPermissionUrlResponse {
  /** An http or https address: send the user there. */
  location: string;
  userAccessToken: UserAccessToken;
}

/** Options of `deleteAccount`. */
export interface DeleteAccountOptions extends UserCall {
  /** The `id` of one of the user's accounts. */
  accountId: string;
}

/** Options of `deleteUser`. */
export type DeleteUserOptions = UserCall;

/** The deletion happened; with the answer, and the token that the call ended with. */
export interface DeleteResponse {
  deleted: true;
  response: {
    /** HTTP status, 200 to 299; 404 when a first try failed, and its repeat found that it had been done. */
    statusCode: number;
    /** Names in lower case. */
    headers: Readonly<Record<string, string | undefined>>;
    /** Parsed where it is JSON, else the text; missing where the answer has none. */
    body?: unknown;
  };
  userAccessToken: UserAccessToken;
}

/** Only what others rely on is demanded; the rest is as the platform likes. */
const accountsShape = list(object({ id: text, reference: anyText }));
const userShape = object(userCall);
const accountShape = object({ ...userCall, accountId: headerText });
const revokeShape = object({ ...userCall, accountId: headerText, redirectUri: headerText });
const webAddress = where(
  (value) => typeof value === 'string' && /^https?:\/\//i.test(value) && URL.canParse(value),
  'must be a web address',
);

/** @internal */
export async function readAccounts(client: Client, args: ReadAccountsOptions): Promise<ReadAccountsResponse> {
  checkArguments('readAccounts', userShape, args);
  const { answer, userAccessToken } = await requestForUser(client, args, {
    call: 'readAccounts',
    method: 'GET',
    path: 'permission-access/accounts',
    expected: 'json',
    repeat: 'safe',
  });
  return { accounts: parseAnswer<Account[]>(accountsShape, answer.body, answer), userAccessToken };
}

/** @internal */
export async function getRevokeAccountPermissionUrl(
  client: Client,
  args: GetRevokeAccountPermissionUrlOptions,
): Promise<GetRevokeAccountPermissionUrlResponse> {
  checkArguments('getRevokeAccountPermissionUrl', revokeShape, args);
  const { answer, userAccessToken } = await requestForUser(client, args, {
    call: 'getRevokeAccountPermissionUrl',
    method: 'GET',
    path: 'permission-access/revoke/h:accountId',
    headers: { accountId: args.accountId, redirectUri: args.redirectUri },
    expected: 'json',
    repeat: 'safe',
  });
  // A browser will be sent there: nothing but a web address will do.
  const { location } = parseAnswer<{ location: string }>(
    object({ location: webAddress }),
    answer.body,
    answer,
  );
  return { location, userAccessToken };
}

/** @internal */
export async function deleteAccount(client: Client, args: DeleteAccountOptions): Promise<DeleteResponse> {
  checkArguments('deleteAccount', accountShape, args);
  const headers = { accountId: args.accountId };
  return sendDelete(client, args, 'deleteAccount', 'permission-access/service/h:accountId', headers);
}

/** @internal */
export async function deleteUser(client: Client, args: DeleteUserOptions): Promise<DeleteResponse> {
  checkArguments('deleteUser', userShape, args);
  return sendDelete(client, args, 'deleteUser', 'user', {});
}

/** Repeated like a GET: what is gone stays gone (RFC 9110 §9.2.2), and a repeat that finds nothing has reached its end. */
async function sendDelete(
  client: Client,
  args: UserCall,
  call: string,
  path: string,
  headers: Record<string, string>,
): Promise<DeleteResponse> {
  const { answer, userAccessToken } = await requestForUser(client, args, {
    call,
    method: 'DELETE',
    path,
    headers,
    expected: 'any',
    repeat: 'safe',
  });
  const response = {
    statusCode: answer.status,
    headers: answer.headers,
    ...(answer.body === undefined ? {} : { body: answer.body }),
  };
  return { deleted: true, response, userAccessToken };
}
