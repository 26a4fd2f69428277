import { type Connection, type ConnectionCalls, groupByLibrary } from '../connections/index.js';
import type { DigiMe } from '../digime/index.js';

/**
 * Asks digi.me to delete the visitor's user and library: once for each library that there is a connection to, with a
 * usable connection first.
 * @throws AppError TokenRefused, DigimeRefused, DigimeUnreachable as soon as one is refused by all of its connections
 */
export async function deleteUserAtDigime(
  sdk: DigiMe,
  calls: ConnectionCalls,
  connections: readonly Connection[],
): Promise<void> {
  for (const ofLibrary of groupByLibrary(connections))
    await calls.actWithAny(ofLibrary, (call) => sdk.deleteUser(call));
}
