import type { Connection } from '../connections/index.js';
import { contractFor } from '../connections/index.js';
import { AppError } from '../errors.js';
import type { OnboardingParts } from '../onboarding/index.js';
import { asAppError } from '../web/index.js';

/**
 * Asks digi.me to delete the visitor's user and library: once for each library that there is a connection to, with a
 * usable connection first.
 * @throws AppError TokenRefused, DigimeRefused, DigimeUnreachable as soon as one is refused by all of its connections
 */
export async function deleteUserAtDigime(
  parts: OnboardingParts,
  connections: readonly Connection[],
): Promise<void> {
  const libraries = new Map<string, Connection[]>();
  for (const connection of connections) {
    const library = connection.userId ?? `of connection ${connection.id}`;
    libraries.set(library, [...(libraries.get(library) ?? []), connection]);
  }
  for (const ofLibrary of libraries.values()) await deleteWithAnyOf(parts, ofLibrary);
}

async function deleteWithAnyOf(parts: OnboardingParts, connections: readonly Connection[]): Promise<void> {
  const usableFirst = [...connections].sort(
    (a, b) => Number(b.state === 'active') - Number(a.state === 'active'),
  );
  let refusal: unknown;
  for (const connection of usableFirst) {
    try {
      await parts.sdk.deleteUser({
        contractDetails: contractFor(parts, connection.type),
        ...(await parts.tokens.actFor(connection.id)),
        onExchange: parts.recorder.exchangesOf(connection.visitorId),
      });
      return;
    } catch (error) {
      refusal = asAppError(error);
      // Another connection's token may be good where this one's is not; any other refusal would be the same again.
      if (!(refusal instanceof AppError && refusal.code === 'TokenRefused')) throw refusal;
    }
  }
  throw refusal;
}
