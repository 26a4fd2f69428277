import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import express from 'express';
import { receiveUpload } from '../../../src/push/intake/receive-upload.js';
import { Spool } from '../../../src/storage/index.js';
import { Browser } from '../../support/browser.js';
import { eventually } from '../../support/eventually.js';
import { filePart, metaPart, multipart, openUpload } from '../../support/multipart.js';

test('a client that is gone before its body is looked at is told apart at once and holds no place', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'receive-'));
  const app = express();
  const outcome = new Promise((resolve) => {
    app.post('/push/library', async (req) => {
      // As when the session and the quota take their time.
      await new Promise((closed) => req.once('close', closed));
      receiveUpload(req, new Spool(folder), 1000).then(resolve, resolve);
    });
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { outgoing } = openUpload(new Browser(baseUrl), baseUrl, { 'content-length': 500 });
    const arrived = once(server, 'request');
    outgoing.write('the beginning');
    await arrived;
    outgoing.destroy();
    expect(await outcome).toMatchObject({ code: 'UploadAborted' });
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a body that was all there before it is looked at is taken whole', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'receive-'));
  const app = express();
  app.post('/push/library', async (req, res) => {
    // As when the session and the quota take their time.
    await eventually('the end of the body', () => req.complete);
    const { payload, fields } = await receiveUpload(req, new Spool(folder), 100_000, () => setImmediate());
    res.json({ size: payload.size, fields });
  });
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const body = multipart([metaPart(), filePart('x'.repeat(10_000))]);
    const { outgoing, answer } = openUpload(new Browser(baseUrl), baseUrl, { 'content-length': body.length });
    // In two pieces, so that the last one is the closing boundary alone.
    outgoing.write(body.subarray(0, -20));
    setTimeout(() => outgoing.end(body.subarray(-20)), 50);
    expect(await answer).toMatchObject({ status: 200, json: { size: 10_000 } });
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
