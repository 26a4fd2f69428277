import type { Platform } from '../platform.js';
import { Refusal } from '../refusal.js';
import type { Storage } from './records.js';

/** The storage of this person, if there is one. */
export function storageOf({ state }: Platform, userId: string): Storage | undefined {
  return state.storages.where((storage) => storage.userId === userId)[0];
}

/**
 * A provisional storage that this person, `null` for one who is not known yet, can get.
 * @throws Refusal NotFound, or InvalidRequest for a person who has one: theirs would be lost sight of
 */
export function requireProvisional(platform: Platform, id: string, userId: string | null): void {
  if (platform.state.storages.get(id)?.userId !== null) {
    throw new Refusal('NotFound', 'no provisional storage has the claim storage_ref as its kid');
  }
  if (userId !== null && storageOf(platform, userId)) {
    throw new Refusal('InvalidRequest', 'the claim storage_ref: this user has a storage already');
  }
}

/** Makes a provisional storage this person's with all that is in it, unless either has been settled meanwhile. */
export function giveStorage(platform: Platform, id: string | undefined, userId: string): void {
  const { storages, objects } = platform.state;
  const storage = id === undefined ? undefined : storages.get(id);
  if (storage?.userId !== null || storageOf(platform, userId)) return;
  storages.put(storage.id, { ...storage, userId });
  for (const file of objects.where(({ storageId }) => storageId === storage.id)) {
    objects.put(file.id, { ...file, userId });
  }
}
