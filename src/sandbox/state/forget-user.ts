import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Platform } from '../platform.js';

/** Removes everything about a user: first what lets anybody act for them, the bodies on disk last. */
export async function forgetUser({ state }: Platform, userId: string): Promise<void> {
  const ofUser = (record: { userId: string | null }) => record.userId === userId;
  state.tokens.dropWhere(ofUser);
  state.codes.dropWhere(ofUser);
  state.sessions.dropWhere(ofUser);
  state.consents.dropWhere(ofUser);
  state.accounts.dropWhere(ofUser);
  state.libraries.drop(userId);
  const bodies = [
    ...state.files.where(ofUser).map(({ name }) => name),
    ...state.deliveries.where(ofUser).map(({ id }) => id),
    ...state.objects.where(ofUser).map(({ id }) => id),
  ];
  state.files.dropWhere(ofUser);
  state.deliveries.dropWhere(ofUser);
  state.objects.dropWhere(ofUser);
  state.storages.dropWhere(ofUser);
  for (const body of bodies) await rm(join(state.bodies, body), { force: true });
}
