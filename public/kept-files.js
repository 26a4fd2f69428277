/*
 * Files that are being sent, kept in this browser (IndexedDB) until they have arrived: a reload, a crashed tab and the
 * way to digi.me and back don't lose them. What is older than an hour is removed: it is somebody's file.
 */
const keepMs = 60 * 60 * 1000;
/* A browser copies what is kept; a larger file is chosen again by the person, and its upload goes on all the same. */
const maxBytes = 512 * 1024 * 1024;

const settled = (request) =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

async function withStore(mode, use) {
  const opening = indexedDB.open('push-to-digime', 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore('files', { keyPath: 'key' });
  const database = await settled(opening);
  try {
    const transaction = database.transaction('files', mode);
    // A request that succeeded is undone when the page is left before its transaction is complete.
    const completed = new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error);
    });
    const [result] = await Promise.all([use(transaction.objectStore('files')), completed]);
    return result;
  } finally {
    database.close();
  }
}

export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // It is missing on plain http addresses other than localhost.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/* Keeps `{ key, file, text, apart, isSending, uploadUrl? }`. Tells whether it could: private windows may refuse. */
export async function keepFile(kept) {
  if (kept.file.size > maxBytes) return false;
  try {
    await withStore('readwrite', (store) => settled(store.put({ ...kept, keptAt: Date.now() })));
    return true;
  } catch {
    return false;
  }
}

export async function dropFile(key) {
  await withStore('readwrite', (store) => settled(store.delete(key))).catch(() => undefined);
}

export async function dropAllFiles() {
  await withStore('readwrite', (store) => settled(store.clear())).catch(() => undefined);
}

/* What was kept, oldest first. */
export async function keptFiles() {
  try {
    const all = await withStore('readonly', (store) => settled(store.getAll()));
    const old = all.filter(({ keptAt }) => Math.abs(Date.now() - keptAt) > keepMs);
    for (const { key } of old) await dropFile(key);
    return all.filter((kept) => !old.includes(kept)).sort((one, other) => one.keptAt - other.keptAt);
  } catch {
    return [];
  }
}
