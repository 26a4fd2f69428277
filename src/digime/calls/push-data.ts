import { both, object, oneOf, optional, type Shape } from '../arguments/argument-shape.js';
import { checkArguments } from '../arguments/arguments.js';
import type { Client } from '../client.js';
import type { UserCall } from '../token/call-for-user.js';
import { type PushToLibraryArguments, pushToLibrary } from './push-to-library.js';
import { type PushToProviderArguments, pushToProvider } from './push-to-provider.js';

/** What the platform, or the provider behind it, answered to a push. */
export interface PushResponse {
  status: number;
  /** Its JSON, parsed; missing where it sent none. For a provider that may be medical data. */
  body?: unknown;
}

/** What both kinds of push accept. */
export interface PushOptions extends UserCall {
  /** Gets the answer of the push that succeeded. What it throws rejects the call, but the push has happened. */
  onResponse?: ((response: PushResponse) => void) | undefined;
}

/** Arguments of `pushData`: by `type`, or `push` as one source document spells it; without either, `library`. */
export type PushDataArguments = PushToLibraryArguments | PushToProviderArguments;

const kind = optional(oneOf('library', 'provider'));
const kindShape: Shape = both(object({ type: kind, push: kind }), (value) => {
  const { type, push } = value as PushDataArguments;
  return type && push && type !== push ? { path: 'push', message: 'contradicts type' } : undefined;
});

/**
 * Pushes a file into the user's library, or a resource to a provider. Resolves when the platform has accepted it; then it
 * has been written at least once. Never repeated by itself except once after a refresh of the token, with the whole body.
 * Rejects with `TypeValidationError` or `ServerError`; `clientErrorCodes` says whether it may have arrived.
 */
export async function pushData(client: Client, args: PushDataArguments): Promise<void> {
  checkArguments('pushData', kindShape, args);
  if (isForProvider(args)) return pushToProvider(client, args);
  return pushToLibrary(client, args);
}

function isForProvider(args: PushDataArguments): args is PushToProviderArguments {
  return args.type === 'provider' || args.push === 'provider';
}
