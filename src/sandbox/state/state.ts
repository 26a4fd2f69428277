import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Collection } from './collection.js';
import { Journal } from './journal.js';
import type {
  Account,
  AuthorizationCode,
  Consent,
  Delivery,
  Library,
  Session,
  Storage,
  StoredFile,
  StoredObject,
  Token,
  Withdrawal,
} from './records.js';

/** Everything the sandbox remembers, by kind; `bodies` and `incoming` are folders for what was pushed. */
export interface State {
  libraries: Collection<Library>;
  accounts: Collection<Account>;
  consents: Collection<Consent>;
  codes: Collection<AuthorizationCode>;
  tokens: Collection<Token>;
  sessions: Collection<Session>;
  files: Collection<StoredFile>;
  deliveries: Collection<Delivery>;
  withdrawals: Collection<Withdrawal>;
  storages: Collection<Storage>;
  objects: Collection<StoredObject>;
  nonces: Collection<number>;
  /** Callbacks that were registered while it ran. */
  callbacks: Collection<string>;
  settings: Collection<number>;
  bodies: string;
  incoming: string;
  close(): void;
}

const ownEntries = ['journal.ndjson', 'journal.ndjson.new', 'keys.json', 'bodies', 'incoming'];

/**
 * Opens the state kept in `dataDir`, making the folder where it is missing. With `fresh`, what a sandbox left there is
 * removed first; nothing else in the folder is touched. Bodies that never arrived whole are swept away.
 */
export function openState(dataDir: string, fresh: boolean): State {
  if (fresh) for (const entry of ownEntries) rmSync(join(dataDir, entry), { recursive: true, force: true });
  const bodies = join(dataDir, 'bodies');
  const incoming = join(dataDir, 'incoming');
  rmSync(incoming, { recursive: true, force: true });
  for (const folder of [dataDir, bodies, incoming]) mkdirSync(folder, { recursive: true, mode: 0o700 });

  const journal = new Journal(join(dataDir, 'journal.ndjson'));
  return {
    libraries: new Collection(journal, 'library'),
    accounts: new Collection(journal, 'account'),
    consents: new Collection(journal, 'consent'),
    codes: new Collection(journal, 'code'),
    tokens: new Collection(journal, 'token'),
    sessions: new Collection(journal, 'session'),
    files: new Collection(journal, 'file'),
    deliveries: new Collection(journal, 'delivery'),
    withdrawals: new Collection(journal, 'withdrawal'),
    storages: new Collection(journal, 'storage'),
    objects: new Collection(journal, 'object'),
    nonces: new Collection(journal, 'nonce'),
    callbacks: new Collection(journal, 'callback'),
    settings: new Collection(journal, 'setting'),
    bodies,
    incoming,
    close: () => journal.close(),
  };
}
