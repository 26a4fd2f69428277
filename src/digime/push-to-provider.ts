import { anyObject, object, oneOf, optional } from './argument-shape.js';
import { callback, checkArguments, headerText, userCall } from './arguments.js';
import type { Client } from './client.js';
import type { PushOptions } from './push-data.js';
import { requestForUser } from './request-for-user.js';
import { TypeValidationError } from './type-validation-error.js';

/** What `pushData` to a provider needs beside how it is told from a push to the library. */
interface ProviderPush extends PushOptions {
  /** The resource or bundle that the provider takes (MedMij: FHIR STU3). */
  data: Record<string, unknown>;
  version: 'stu3' | '3.0.2';
  /** Without it: `fhir`. */
  standard?: 'fhir' | undefined;
  /** The `id` of an account of `readAccounts`: the one whose `reference` the callback gave. */
  accountId: string;
}

/** Arguments of `pushData` to a provider; one of `type` and `push` must say so. */
export type PushToProviderArguments = ProviderPush &
  ({ type: 'provider'; push?: 'provider' | undefined } | { type?: 'provider' | undefined; push: 'provider' });

const shape = object({
  ...userCall,
  onResponse: optional(callback),
  data: anyObject,
  version: oneOf('stu3', '3.0.2'),
  standard: optional(oneOf('fhir')),
  accountId: headerText,
});

/** The provider's half of `pushData`: JSON to `permission-access/import/h:accountId/…`; the account travels in a header. */
export async function pushToProvider(client: Client, args: PushToProviderArguments): Promise<void> {
  checkArguments('pushData', shape, args);
  const content = toJson(args.data);
  const { answer } = await requestForUser(client, args, {
    call: 'pushData',
    method: 'POST',
    path: `permission-access/import/h:accountId/${args.standard ?? 'fhir'}/${args.version}`,
    headers: { accountId: args.accountId },
    content: { contentType: 'application/json', open: () => ({ content, sizeBytes: content.length }) },
    hideAnswer: true,
    expected: 'optional-json',
    repeat: 'never',
  });
  args.onResponse?.({ status: answer.status, ...(answer.body === undefined ? {} : { body: answer.body }) });
}

function toJson(data: Record<string, unknown>): Buffer {
  try {
    return Buffer.from(JSON.stringify(data));
  } catch {
    throw new TypeValidationError('pushData: data: cannot be written as JSON');
  }
}
