import { requireAccessToken } from '../../identity/tokens.js';
import { randomHex } from '../../random.js';
import { Refusal } from '../../refusal.js';
import type { Storage } from '../../state/records.js';
import { storageOf } from '../../state/storages.js';
import type { Call } from '../call.js';

/** `POST clouds`: a storage for files of the application's own, that no person has yet. Paths and shapes are assumed. */
export function createProvisionalStorage(call: Call) {
  return wireStorage(makeStorage(call, null));
}

/** `GET clouds`: the storage of this person, made when it is first asked for. */
export function userStorage(call: Call) {
  const { userId } = requireAccessToken(call.platform, call);
  return wireStorage(storageOf(call.platform, userId) ?? makeStorage(call, userId));
}

/**
 * The storage of the path. One that a person has wants that person's access token; a provisional one is known by its id.
 * @throws Refusal NotFound or InvalidToken
 */
export function requireStorage(call: Call): Storage {
  const storage = call.platform.state.storages.get(String(call.request.params.storageId));
  const allowed =
    storage && (storage.userId === null || storage.userId === requireAccessToken(call.platform, call).userId);
  if (!allowed) throw new Refusal('NotFound', 'no storage with this id for this user');
  return storage;
}

function makeStorage({ platform, contract }: Call, userId: string | null): Storage {
  const id = randomHex(16);
  return platform.state.storages.put(id, {
    id,
    userId,
    contractId: contract.id,
    createdAt: platform.clock.real(),
  });
}

function wireStorage({ id, userId, createdAt }: Storage) {
  return { id, cloudId: id, storageId: id, kid: id, provisional: userId === null, createdDate: createdAt };
}
