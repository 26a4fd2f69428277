export { asStorageError, type Database, openDatabase } from './database.js';
export type { PayloadWriter, StoredPayload } from './payload-writer.js';
export { cookieSecret, createSealer, type Sealer } from './sealing.js';
export { Spool } from './spool.js';
