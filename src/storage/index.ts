export { commitTogether } from './commit-together.js';
export { cutText } from './cut-text.js';
export { type Database, isShared, openDatabase, probeDatabase } from './database.js';
export type { PayloadWriter, StoredPayload } from './payload-writer.js';
export { bytesSoFar, ResumablePayload, type ResumableProgress } from './resumable-payload.js';
export { isRowId } from './row-id.js';
export { cookieSecret, createSealer, type Sealer } from './sealing.js';
export { Spool } from './spool.js';
export { asSpoolError, asStorageError } from './storage-error.js';
