import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';

// Preloaded into the app (`--import`): keeps beside its folder what a machine would still have after a power cut. Of a
// file that is what was in it when it was last synced; of a folder the names that it had when it was last synced. Both
// are seen where the app asks Node for a sync. SQLite's own calls can't be seen from here: of the database it keeps what
// is there whenever a statement has ended a transaction, provided that `synchronous` is FULL (2) and the journal a WAL,
// which is when SQLite promises that the log was synced before the statement returned (sqlite.org/pragma.html). With
// less than that nothing is kept.
const shadow = process.env.SHADOW_FOLDER;
const inodes = join(shadow, 'inodes');
mkdirSync(inodes, { recursive: true });

/** By name, what the spool's folder durably holds: the inode, whose synced bytes are in `inodes`, if it has any. */
let names = {};
let cuts = 0;

const pathOf = new WeakMap();
const { open } = promises;
promises.open = async (path, ...more) => {
  const handle = await open(path, ...more);
  pathOf.set(handle, String(path));
  return handle;
};
syncBuiltinESMExports();

function noteSync(handle) {
  const path = pathOf.get(handle);
  if (path === undefined || !existsSync(path)) return;
  if (!statSync(path).isDirectory()) return copyFileSync(path, join(inodes, String(statSync(path).ino)));
  if (basename(path) !== 'spool') return;
  names = {};
  for (const name of readdirSync(path)) {
    const file = statSync(join(path, name), { throwIfNoEntry: false });
    if (file !== undefined) names[name] = String(file.ino);
  }
}

const sample = await open(fileURLToPath(import.meta.url), 'r');
const handles = Object.getPrototypeOf(sample);
await sample.close();
for (const method of ['sync', 'datasync']) {
  const original = handles[method];
  handles[method] = async function sync() {
    await original.call(this);
    noteSync(this);
  };
}

/** Written aside and renamed: the process may be killed at any moment. */
function keepCommitted(database) {
  const isDurable =
    database.pragma('synchronous', { simple: true }) === 2 &&
    database.pragma('journal_mode', { simple: true }) === 'wal';
  if (!isDurable) return;
  const cut = `cut-${++cuts}`;
  mkdirSync(join(shadow, cut));
  for (const name of [database.name, `${database.name}-wal`])
    if (existsSync(name)) copyFileSync(name, join(shadow, cut, basename(name)));
  writeFileSync(join(shadow, cut, 'names.json'), JSON.stringify(names));
  writeFileSync(join(shadow, 'latest.part'), cut);
  renameSync(join(shadow, 'latest.part'), join(shadow, 'latest'));
}

const memory = new Database(':memory:');
const statements = Object.getPrototypeOf(memory.prepare('select 1'));
for (const method of ['run', 'all']) {
  const original = statements[method];
  statements[method] = function run(...values) {
    const result = original.apply(this, values);
    const { database } = this;
    const hasEnded = !database.inTransaction && (!this.readonly || /^\s*(commit|end)\b/i.test(this.source));
    if (hasEnded && !database.memory && dirname(database.name) === process.env.DATA_DIR)
      keepCommitted(database);
    return result;
  };
}
