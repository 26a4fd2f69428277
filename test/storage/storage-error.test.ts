import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import createKnex from 'knex';
import { AppError } from '../../src/errors.js';
import { asSpoolError, asStorageError } from '../../src/storage/index.js';

async function connect(filename: string): Promise<unknown> {
  const database = createKnex({ client: 'better-sqlite3', connection: { filename }, useNullAsDefault: true });
  return database.raw('select 1 from sqlite_master').finally(() => database.destroy());
}

const failure = (code: string, message = 'x', syscall?: string) =>
  Object.assign(new Error(message), { code, ...(syscall && { syscall }) });

describe('a failure of the storage becomes', () => {
  test.each(['SQLITE_FULL', 'ENOSPC', 'EDQUOT', 'EFBIG', '53100'])('507 for %s', (code) => {
    expect(asStorageError(failure(code))).toMatchObject({ code: 'StorageFull', status: 507 });
  });

  test.each([
    'SQLITE_BUSY',
    'SQLITE_BUSY_SNAPSHOT',
    'SQLITE_READONLY',
    'SQLITE_IOERR_WRITE',
    'SQLITE_CORRUPT',
    'SQLITE_NOTADB',
    'EROFS',
    'EIO',
    'ECONNREFUSED',
    'ETIMEDOUT',
    '08006',
    '40001',
    '40P01',
    '53300',
    '57P01',
    '25006',
  ])('503 with Retry-After for %s', (code) => {
    const error = asStorageError(failure(code));
    expect(error).toMatchObject({ code: 'StorageUnavailable', status: 503, retryAfterSeconds: 5 });
  });

  test('503 for a broken connection to PostgreSQL, which has no code', () => {
    expect(asStorageError(new Error('Connection terminated unexpectedly'))).toBeInstanceOf(AppError);
  });
});

test('what a real database file and a real folder say is recognised', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'errors-'));
  try {
    writeFileSync(join(folder, 'push.sqlite'), 'this is no database'.repeat(100));
    const database = await connect(join(folder, 'push.sqlite')).catch((error) => error);
    expect(asStorageError(database)).toMatchObject({ code: 'StorageUnavailable' });
    const spool = await readFile(join(folder, 'none')).catch((error) => error);
    expect(asSpoolError(spool)).toMatchObject({ code: 'StorageUnavailable' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a mistake in our own SQL or code stays what it is', () => {
  for (const error of [
    failure('SQLITE_ERROR'),
    failure('42601'),
    failure('23505'),
    new TypeError('x'),
    'text',
  ])
    expect(asStorageError(error)).toBe(error);
});

test('every refusal of the system is one of the storage where it is about the spool', () => {
  expect(asSpoolError(failure('ENOENT', 'x', 'open'))).toMatchObject({ code: 'StorageUnavailable' });
  expect(asSpoolError(failure('ENOTDIR', 'x', 'open'))).toMatchObject({ code: 'StorageUnavailable' });
  const refused = new AppError('FileTooLarge');
  expect(asSpoolError(refused)).toBe(refused);
  const ours = new TypeError('x');
  expect(asSpoolError(ours)).toBe(ours);
});
