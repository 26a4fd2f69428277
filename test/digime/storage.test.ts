import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { expect, test } from '@jest/globals';
import { init, TypeValidationError, type UserAccessToken, type UserCall } from '../../src/digime/index.js';
import { callback, connect, contractOf, withClient } from './sandbox-user.js';

const running = withClient();
const requestsSeen = () => running.sandbox.control.requests().requests.length;

async function inProvisional() {
  const contractDetails = contractOf(running, 'write');
  const { cloudId, kid } = await running.sdk.createProvisionalStorage({ contractDetails });
  return { contractDetails, storageId: cloudId, kid };
}

async function inStorageOf(user: UserCall) {
  const { cloudId: storageId } = await running.sdk.getUserStorage(user);
  return { ...user, storageId };
}

test('Files are put into a provisional storage, listed, downloaded, replaced and deleted, whatever their names.', async () => {
  const { sdk } = running;
  const { kid: _, ...storage } = await inProvisional();
  expect(await sdk.listStorageFiles(storage)).toEqual({ files: [] });
  const bytes = randomBytes(700_000);
  const letter = { ...storage, path: '/letters/2026/', fileName: 'brief é 100% #1?.txt' };
  const { file, ...rest } = await sdk.uploadFileToStorage({
    ...letter,
    fileData: bytes,
    mimeType: 'text/plain; charset=utf-8',
  });
  expect(file).toMatchObject({
    name: letter.fileName,
    path: `letters/2026/${letter.fileName}`,
    size: bytes.length,
    mimetype: 'text/plain; charset=utf-8',
  });
  expect(rest).toEqual({});
  const opened = () => Readable.from([Buffer.from('streamed '), Buffer.from('words')]);
  await sdk.uploadFileToStorage({ ...storage, fileName: 'a.bin', fileData: opened, fileSize: 14 });
  await sdk.uploadFileToStorage({ ...storage, fileName: 'b.bin', fileData: opened() });

  const names = async (path?: string) =>
    (await sdk.listStorageFiles({ ...storage, path })).files.map(({ name }) => name);
  expect(await names()).toEqual(['a.bin', 'b.bin', letter.fileName]);
  expect(await names('letters')).toEqual([letter.fileName]);
  const downloaded = await sdk.downloadStorageFile(letter);
  expect(downloaded).toEqual({
    fileData: expect.any(Buffer),
    fileName: letter.fileName,
    lastModified: expect.stringMatching(/GMT$/),
  });
  expect(downloaded.fileData.equals(bytes)).toBe(true);
  expect((await sdk.downloadStorageFile({ ...storage, fileName: 'b.bin' })).fileData.toString()).toBe(
    'streamed words',
  );
  await sdk.uploadFileToStorage({ ...letter, fileData: Buffer.from('other') });
  expect((await sdk.downloadStorageFile(letter)).fileData.toString()).toBe('other');

  expect(await sdk.deleteStorageFile({ ...storage, fileName: 'a.bin' })).toEqual({ deleted: true });
  await expect(sdk.downloadStorageFile({ ...storage, fileName: 'a.bin' })).rejects.toMatchObject({
    error: { code: 'NotFound', statusCode: 404 },
  });
  await sdk.deleteStorageFile({ ...storage, fileName: 'letters' });
  expect(await names()).toEqual(['b.bin']);
});

test('A folder is not taken for a file, and a file that is larger than allowed is not read.', async () => {
  const { kid: _, ...storage } = await inProvisional();
  await running.sdk.uploadFileToStorage({
    ...storage,
    path: 'x',
    fileName: 'y',
    fileData: randomBytes(5_000),
  });
  await expect(running.sdk.downloadStorageFile({ ...storage, fileName: 'x' })).rejects.toMatchObject({
    error: { code: 'UnexpectedResponse' },
  });
  const { applicationId } = running.sandbox.credentials();
  const small = init({ applicationId, baseUrl: running.sandbox.baseUrl, maxFileBytes: 4_999 });
  const file = { ...storage, path: 'x', fileName: 'y' };
  await expect(small.downloadStorageFile(file)).rejects.toMatchObject({
    error: { code: 'ResponseTooLarge' },
  });
});

test('A provisional storage becomes that of the person who consents, with its files, and nobody else gets in.', async () => {
  const { sdk } = running;
  const { kid, ...provisional } = await inProvisional();
  const file = { fileName: 'x', fileData: Buffer.from('mine') };
  await sdk.uploadFileToStorage({ ...provisional, ...file });
  const user = await connect(running, 'write', { storageRef: kid });
  expect(await sdk.getUserStorage(user)).toEqual({
    cloudId: provisional.storageId,
    kid,
    userAccessToken: user.userAccessToken,
  });
  const own = { ...user, storageId: provisional.storageId };
  const read = await sdk.downloadStorageFile({ ...own, fileName: 'x' });
  expect([read.fileData.toString(), read.userAccessToken]).toEqual(['mine', user.userAccessToken]);
  await expect(sdk.listStorageFiles(provisional)).rejects.toMatchObject({ error: { code: 'InvalidToken' } });
  const stranger = await connect(running, 'write');
  await expect(sdk.listStorageFiles({ ...own, ...stranger })).rejects.toMatchObject({
    error: { code: 'NotFound' },
  });
  expect((await sdk.getUserStorage(stranger)).cloudId).not.toBe(provisional.storageId);
  const again = { contractDetails: user.contractDetails, callback, state: 's' };
  for (const storageRef of [kid, 'nobody-s']) {
    await expect(sdk.getAuthorizeUrl({ ...again, storageRef })).rejects.toMatchObject({
      error: { code: 'NotFound' },
    });
  }
  const second = await inProvisional();
  await expect(sdk.getAuthorizeUrl({ ...again, ...user, storageRef: second.kid })).rejects.toMatchObject({
    error: { code: 'InvalidRequest' },
  });
  await sdk.deleteUser(user);
  await expect(sdk.listStorageFiles(provisional)).rejects.toMatchObject({ error: { code: 'NotFound' } });
});

test('An old access token is refreshed, and a file that can be sent again is sent again; a plain stream is not.', async () => {
  const own = await inStorageOf(await connect(running, 'write'));
  running.sandbox.control.advanceClock(3_700);
  const saved: UserAccessToken[] = [];
  const upload = {
    ...own,
    fileName: 'x',
    onAccessTokenChange: (token: UserAccessToken) => saved.push(token),
  };
  const { userAccessToken } = await running.sdk.uploadFileToStorage({
    ...upload,
    fileData: Buffer.from('once more'),
  });
  expect(saved).toEqual([userAccessToken]);
  expect(userAccessToken).not.toEqual(own.userAccessToken);
  const fresh = { ...own, userAccessToken, fileName: 'x' };
  expect((await running.sdk.downloadStorageFile(fresh)).fileData.toString()).toBe('once more');

  running.sandbox.control.advanceClock(3_700);
  const streamed = running.sdk.uploadFileToStorage({
    ...upload,
    userAccessToken,
    fileData: Readable.from([Buffer.from('stream')]),
  });
  await expect(streamed).rejects.toMatchObject({ error: { code: 'FileMustBeSentAgain' } });
  const { fileData } = await running.sdk.downloadStorageFile({ ...fresh, userAccessToken: saved[1] });
  expect(fileData.toString()).toBe('once more');
});

test('An upload is repeated after a fault that passes, a plain stream and a new storage are not.', async () => {
  const { kid: _, ...storage } = await inProvisional();
  const { control } = running.sandbox;
  const upload = (fileData: Buffer | Readable) =>
    running.sdk.uploadFileToStorage({ ...storage, fileName: 'x', fileData });
  control.addFault({ route: 'storage-files', times: 1, status: 502 });
  await upload(Buffer.from('arrived'));
  control.addFault({ route: 'storage-files', times: 1, status: 502 });
  await expect(upload(Readable.from([Buffer.from('x')]))).rejects.toMatchObject({
    error: { statusCode: 502 },
  });
  const { fileData } = await running.sdk.downloadStorageFile({ ...storage, fileName: 'x' });
  expect(fileData.toString()).toBe('arrived');
  control.addFault({ route: 'storage', times: 1, behaviour: 'lose-response' });
  await expect(inProvisional()).rejects.toMatchObject({ error: { code: 'ConnectionReset' } });
  control.addFault({ route: 'storage-files', times: 1, behaviour: 'truncate' });
  expect((await running.sdk.listStorageFiles(storage)).files).toHaveLength(1);
});

test('Arguments that are wrong are refused before any request.', async () => {
  const { sdk } = running;
  const storage = { contractDetails: contractOf(running, 'write'), storageId: 's' };
  const file = { ...storage, fileName: 'x', fileData: Buffer.from('x') };
  const before = requestsSeen();
  const wrong = [
    [sdk.createProvisionalStorage({} as never), 'contractDetails'],
    [sdk.getUserStorage(storage as never), 'userAccessToken'],
    [sdk.listStorageFiles({ ...storage, storageId: '' }), 'storageId'],
    [sdk.listStorageFiles({ ...storage, storageId: '..' }), 'storageId'],
    [sdk.listStorageFiles({ ...storage, path: 'a/../../b' }), 'path'],
    [sdk.listStorageFiles({ ...storage, userAccessToken: {} as never }), 'userAccessToken.accessToken'],
    [sdk.uploadFileToStorage({ ...file, fileName: 'a/b' }), 'fileName'],
    [sdk.uploadFileToStorage({ ...file, fileName: '..' }), 'fileName'],
    [sdk.uploadFileToStorage({ ...file, fileSize: 2 }), 'fileSize'],
    [sdk.uploadFileToStorage({ ...file, mimeType: 'text/plain\r\nx: y' }), 'mimeType'],
    [sdk.uploadFileToStorage({ ...file, fileData: 'x' as never }), 'fileData'],
    [sdk.downloadStorageFile({ ...storage, fileName: '' }), 'fileName'],
    [sdk.deleteStorageFile(storage as never), 'fileName'],
    [
      sdk.getAuthorizeUrl({ ...storage, callback, state: 's', storageRef: 1 as never }),
      'getAuthorizeUrl: storageRef',
    ],
  ] as const;
  for (const [call, argument] of wrong) {
    const error = await call.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(TypeValidationError);
    expect((error as Error).message).toContain(argument);
  }
  expect(requestsSeen()).toBe(before);
});
