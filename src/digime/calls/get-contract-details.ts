import { z } from 'zod';
import { object } from '../arguments/argument-shape.js';
import { callOptions, checkArguments, contractDetails } from '../arguments/arguments.js';
import type { ContractDetails } from '../arguments/contract-details.js';
import type { CallOptions, Client } from '../client.js';
import { parseAnswer } from '../wire/parse-answer.js';
import { callPlatform } from '../wire/platform-call.js';

/** Arguments of `getContractDetails`. */
export interface GetContractDetailsArguments extends CallOptions {
  contractDetails: ContractDetails;
}

/** A contract as the platform knows it. What else it sends is kept as it is. */
export interface Contract {
  id: string;
  /** `r` for reading, `w` for writing. */
  accessType?: string | undefined;
  application?:
    | { id?: string | undefined; name?: string | undefined; status?: string | undefined }
    | undefined;
  certificate?: string | undefined;
  certificateContractSchemaVersion?: string | undefined;
  expirationDate?: number | string | undefined;
  partnerId?: string | undefined;
  type?: string | undefined;
  [field: string]: unknown;
}

const shape = object({ ...callOptions, contractDetails });
const contractShape = z.looseObject({ id: z.string().min(1) });

/** What the platform knows of the contract that the call is signed with. Rejects with `ServerError`. */
export async function getContractDetails(
  client: Client,
  args: GetContractDetailsArguments,
): Promise<Contract> {
  checkArguments('getContractDetails', shape, args);
  const answer = await callPlatform(
    client,
    {
      call: 'getContractDetails',
      method: 'GET',
      path: 'permission-access/contract',
      expected: 'json',
      repeat: 'safe',
    },
    { contract: args.contractDetails, options: args },
  );
  return parseAnswer(contractShape, answer.body, answer);
}
