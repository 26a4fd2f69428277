import { AppError } from '../errors.js';

/** By its shape: SQLite's driver makes errors in the old way, which are not native, and once for all realms. */
const isError = (value: unknown): value is NodeJS.ErrnoException =>
  typeof value === 'object' && value !== null && typeof (value as Error).message === 'string';

/** 53100 is PostgreSQL's `disk_full`; EFBIG is what a limit on the size of files says. */
const outOfSpace = new Set(['SQLITE_FULL', 'ENOSPC', 'EDQUOT', 'EFBIG', '53100']);

/** SQLite's result codes, those of the system, and the classes of PostgreSQL's that mean "not now" (its manual, Appendix A). */
const notAvailable = [
  /^SQLITE_(BUSY|LOCKED|READONLY|IOERR|CANTOPEN|CORRUPT|NOTADB|PROTOCOL)/,
  /^(ECONNREFUSED|ECONNRESET|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|EROFS|EACCES|EIO|EMFILE|ENFILE|EBUSY|ESTALE)$/,
  /^(08|40|53|57|58)[0-9A-Z]{3}$|^(25006|55P03|XX001|XX002)$/,
];

/** What the PostgreSQL driver says without a code when its connection breaks; Knex puts the statement before it. */
const connectionLost = /(^| - )(Connection terminated|Client has encountered a connection error|timeout e)/;

const unavailable = (cause: Error) => new AppError('StorageUnavailable', { cause, retryAfterSeconds: 5 });

/** Turns a failure of the database or the disk into `StorageFull` (507) or `StorageUnavailable` (503); others stay as they are. */
export function asStorageError(error: unknown): unknown {
  if (error instanceof AppError || !isError(error)) return error;
  const code = String(error.code ?? '');
  if (outOfSpace.has(code)) return new AppError('StorageFull', { cause: error, retryAfterSeconds: 60 });
  if (notAvailable.some((pattern) => pattern.test(code))) return unavailable(error);
  return error.name === 'KnexTimeoutError' || connectionLost.test(error.message) ? unavailable(error) : error;
}

/** The same for work on the spool, where every refusal of the system (its folder gone, a file in its place) is one of the storage. */
export function asSpoolError(error: unknown): unknown {
  const known = asStorageError(error);
  return known === error && isError(error) && error.syscall !== undefined ? unavailable(error) : known;
}
