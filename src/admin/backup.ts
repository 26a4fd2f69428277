import { existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, lockDataDir, openDatabase } from '../storage/index.js';

const databaseName = 'push.sqlite';
const secretName = 'app-secret';
const tries = 5;

/**
 * Copies the embedded database and the payloads that it names into a new folder, also while the app is running. Payloads
 * never change once they are whole, so they are copied before and after the database; where one was delivered in
 * between, the database is copied again.
 * @param isElsewhere whether payloads are in object storage, which has backups of its own
 * @returns how many payload files it names
 * @throws Error when the folder exists, or payloads come and go too fast
 */
export async function backup(
  database: Database,
  dataDir: string,
  folder: string,
  isElsewhere: boolean,
): Promise<number> {
  if (existsSync(folder)) throw new Error(`${folder} exists: name a folder that does not`);
  const unfinished = `${folder}.part`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(join(unfinished, 'spool'), { recursive: true, mode: 0o700 });
  for (let left = tries; left > 0; left--) {
    if (!isElsewhere) await copyPayloads(dataDir, unfinished);
    await rm(join(unfinished, databaseName), { force: true });
    await database.raw('VACUUM INTO ?', [join(unfinished, databaseName)]);
    if (!isElsewhere) await copyPayloads(dataDir, unfinished);
    const named = await payloadsIn(unfinished);
    const there = new Set(await readdir(join(unfinished, 'spool')));
    if (!isElsewhere && !named.every((name) => there.has(name))) continue;
    for (const name of there) if (!named.includes(name)) await rm(join(unfinished, 'spool', name));
    const secret = join(dataDir, secretName);
    if (existsSync(secret)) await copyFile(secret, join(unfinished, secretName));
    await rename(unfinished, folder);
    return named.length;
  }
  throw new Error(
    'payloads came and went faster than they could be copied: try again when there is less to do',
  );
}

async function copyPayloads(dataDir: string, target: string): Promise<void> {
  const spool = join(dataDir, 'spool');
  const sizeOf = (path: string) =>
    stat(path).then(
      ({ size }) => size,
      () => undefined,
    );
  for (const name of existsSync(spool) ? await readdir(spool) : []) {
    const [from, to] = [join(spool, name), join(target, 'spool', name)];
    // A resumable upload may have grown since the first time.
    if (name.endsWith('.part') || (await sizeOf(from)) === (await sizeOf(to))) continue;
    await copyFile(from, to).catch((error: NodeJS.ErrnoException) => {
      // Delivered since the folder was read.
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

async function payloadsIn(folder: string): Promise<string[]> {
  const copy = await openDatabase({ dataDir: folder });
  try {
    // Their files still grow: who was uploading begins again.
    await copy('uploads').delete();
    return await copy('payloads').whereNotNull('spool_name').pluck('spool_name');
  } finally {
    // Emptied and closed, the copy is one file.
    await copy.raw('PRAGMA journal_mode = DELETE');
    await copy.destroy();
  }
}

/**
 * Puts a backup in the place of a data folder that is empty.
 * @throws Error when there is a database in it, or the app is running on it, or the backup is none
 */
export async function restore(folder: string, dataDir: string): Promise<void> {
  if (!existsSync(join(folder, databaseName)))
    throw new Error(`${folder} holds no backup: no ${databaseName}`);
  const unlock = await lockDataDir(dataDir);
  try {
    for (const name of [databaseName, secretName, 'spool'])
      if (
        existsSync(join(dataDir, name)) &&
        !(name === 'spool' && (await readdir(join(dataDir, name))).length === 0)
      )
        throw new Error(`${join(dataDir, name)} exists: move the old data away first`);
    await cp(join(folder, 'spool'), join(dataDir, 'spool'), { recursive: true });
    if (existsSync(join(folder, secretName)))
      await copyFile(join(folder, secretName), join(dataDir, secretName));
    await copyFile(join(folder, databaseName), join(dataDir, `${databaseName}.part`));
    await rename(join(dataDir, `${databaseName}.part`), join(dataDir, databaseName));
  } finally {
    await unlock();
  }
}
