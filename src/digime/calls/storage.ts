import { callOptions, checkArguments, contractDetails, text, userCall } from '../arguments/arguments.js';
import type { CallOptions, ContractDetails, UserAccessToken, UserCall } from '../arguments/call-options.js';
import { object } from '../arguments/shape.js';
import type { Client } from '../client.js';
import { requestForUser } from '../token/call-for-user.js';
import { callPlatform } from '../wire/platform-call.js';
import { parseAnswer } from '../wire/refusal.js';

/** Options of `createProvisionalStorage`. */
export interface CreateProvisionalStorageOptions extends CallOptions {
  /** The contract that the storage is made under. */
  contractDetails: ContractDetails;
}

/** A storage for files of the application's own. */
export interface CreateProvisionalStorageResponse {
  /** What the calls about files take as `storageId`. Who holds a contract and knows it can use a provisional storage. */
  cloudId: string;
  /** What `getAuthorizeUrl` takes as `storageRef`. */
  kid: string;
}

/** Options of `getUserStorage`. */
export type GetUserStorageOptions = UserCall;

/** The user's storage, and the token that the call ended with. */
export interface GetUserStorageResponse {
  /** What the calls about files take as `storageId`, beside the user's token. */
  cloudId: string;
  kid: string;
  userAccessToken: UserAccessToken;
}

const provisionalShape = object({ ...callOptions, contractDetails });
const userShape = object(userCall);
const storageShape = object({ cloudId: text, kid: text });

/** @internal */
export async function createProvisionalStorage(
  client: Client,
  args: CreateProvisionalStorageOptions,
): Promise<CreateProvisionalStorageResponse> {
  checkArguments('createProvisionalStorage', provisionalShape, args);
  const answer = await callPlatform(
    client,
    {
      call: 'createProvisionalStorage',
      method: 'POST',
      path: 'clouds',
      expected: 'json',
      repeat: 'unsent',
    },
    { contract: args.contractDetails, options: args },
  );
  return parseStorage(answer);
}

/** @internal */
export async function getUserStorage(
  client: Client,
  args: GetUserStorageOptions,
): Promise<GetUserStorageResponse> {
  checkArguments('getUserStorage', userShape, args);
  const { answer, userAccessToken } = await requestForUser(client, args, {
    call: 'getUserStorage',
    method: 'GET',
    path: 'clouds',
    expected: 'json',
    repeat: 'safe',
  });
  return { ...parseStorage(answer), userAccessToken };
}

function parseStorage(answer: Awaited<ReturnType<typeof callPlatform>>): CreateProvisionalStorageResponse {
  const { cloudId, kid } = parseAnswer<CreateProvisionalStorageResponse>(storageShape, answer.body, answer);
  return { cloudId, kid };
}
