import { anyObject, object, oneOf, optional } from '../arguments/argument-shape.js';
import { callback, checkArguments, headerText, userCall } from '../arguments/arguments.js';
import type { Client } from '../client.js';
import { requestForUser } from '../token/request-for-user.js';
import { TypeValidationError } from '../type-validation-error.js';
import type { PushOptions } from './push-data.js';

/** What `pushData` to a provider needs beside how it is told from a push to the library. */
interface ProviderPush extends PushOptions {
  /**
   * The resource or bundle that the provider takes (MedMij: FHIR STU3). A `Buffer` – ours – holds it as JSON text in UTF-8
   * and is sent as it is: an object can't tell the decimal 78.40 from 78.4, in FHIR a difference of precision.
   */
  data: Record<string, unknown> | Buffer;
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
  data: (value) => (Buffer.isBuffer(value) ? undefined : anyObject(value)),
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

function toJson(data: Record<string, unknown> | Buffer): Buffer {
  if (Buffer.isBuffer(data)) {
    if (!/^\s*\{/.test(data.subarray(0, 64).toString())) {
      throw new TypeValidationError('pushData: data: does not hold a JSON object');
    }
    return data;
  }
  try {
    return Buffer.from(JSON.stringify(data));
  } catch {
    throw new TypeValidationError('pushData: data: cannot be written as JSON');
  }
}
