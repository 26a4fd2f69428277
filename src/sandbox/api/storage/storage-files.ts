import { createHash } from 'node:crypto';
import { createReadStream, renameSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Refusal } from '../../refusal.js';
import type { Storage, StoredObject } from '../../state/records.js';
import type { Call } from '../call.js';
import { receiveBody } from '../receive-body.js';
import { requireStorage } from './storage-calls.js';

const maxFileBytes = 1024 * 1024 * 1024;
const longestPath = 1000;

/** `POST` and `PUT clouds/{storageId}/files/app/{applicationId}/{path}`: the body becomes the file there, whatever was there. */
export async function uploadStorageFile(call: Call) {
  requireStorage(call);
  const path = pathOf(call);
  if (!path) throw new Refusal('InvalidRequest', 'the path names no file');
  const mimeType = call.request.get('content-type') ?? 'application/octet-stream';
  return receiveBody(call, maxFileBytes, ({ path: received, size, sha256 }) => {
    // It may have become a person's, or have gone with them, while the body came.
    const storage = requireStorage(call);
    const { objects, bodies } = call.platform.state;
    const id = objectId(storage, path);
    renameSync(received, join(bodies, id));
    const now = call.platform.clock.real();
    const createdAt = objects.get(id)?.createdAt ?? now;
    const stored = { id, storageId: storage.id, userId: storage.userId, path, mimeType, size, sha256 };
    return wireObject(objects.put(id, { ...stored, createdAt, updatedAt: now }));
  });
}

/** `GET` of the same: the file, or where there is a folder (the root is one) the files in it and below. */
export async function readStorageFile(call: Call): Promise<unknown> {
  const storage = requireStorage(call);
  const path = pathOf(call);
  const { objects, bodies } = call.platform.state;
  const file = objects.get(objectId(storage, path));
  if (!file) {
    const files = below(call, storage, path);
    if (path && files.length === 0) throw new Refusal('NotFound', 'no file and no folder at this path');
    return { files: files.map(wireObject), total: files.length };
  }
  // Never what the sender called it: an answer of this origin must not become a page.
  call.response.set({
    'content-type': 'application/octet-stream',
    'content-length': String(file.size),
    'content-disposition': 'attachment',
    'last-modified': new Date(file.updatedAt).toUTCString(),
  });
  if (call.request.method === 'HEAD') call.response.end();
  else await pipeline(createReadStream(join(bodies, file.id)), call.response);
  return undefined;
}

/** `DELETE` of the same: the file, or the folder with all that is in it. */
export async function deleteStorageFile(call: Call) {
  const storage = requireStorage(call);
  const path = pathOf(call);
  const { objects, bodies } = call.platform.state;
  const file = objects.get(objectId(storage, path));
  const gone = file ? [file] : below(call, storage, path);
  if (gone.length === 0) throw new Refusal('NotFound', 'no file and no folder at this path');
  for (const { id } of gone) objects.drop(id);
  for (const { id } of gone) await rm(join(bodies, id), { force: true });
  return { deleted: true, count: gone.length };
}

/** The path in the storage, without a slash at either end. `app/{applicationId}` in front is the address of all of it. */
function pathOf({ platform, request }: Call): string {
  const segments = ([] as string[]).concat((request.params as { path?: string[] }).path ?? []);
  const own = segments[0] === 'app' && segments[1] === platform.applicationId;
  const path = (own ? segments.slice(2) : segments).filter(Boolean).join('/');
  if (path.length > longestPath) {
    throw new Refusal('InvalidRequest', `the path may have ${longestPath} characters`);
  }
  return path;
}

/** Also the name of its body on disk: whatever the path holds, it never becomes a path there. */
function objectId(storage: Storage, path: string): string {
  return `storage_${createHash('sha256').update(`${storage.id} ${path}`).digest('hex').slice(0, 32)}`;
}

function below({ platform }: Call, storage: Storage, folder: string): StoredObject[] {
  const prefix = folder ? `${folder}/` : '';
  return platform.state.objects
    .where(({ storageId, path }) => storageId === storage.id && path.startsWith(prefix))
    .sort((one, other) => one.path.localeCompare(other.path, 'en'));
}

function wireObject({ id, path, mimeType, size, sha256, createdAt, updatedAt }: StoredObject) {
  const name = path.slice(path.lastIndexOf('/') + 1);
  return { id, name, path, mimetype: mimeType, size, sha256, createdDate: createdAt, updatedDate: updatedAt };
}
