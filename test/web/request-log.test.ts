import { expect, test } from '@jest/globals';
import express from 'express';
import { pino } from 'pino';
import request from 'supertest';
import { requestLog } from '../../src/web/index.js';

test('a request that fails is logged with what failed, whoever reports it', async () => {
  const lines: string[] = [];
  const app = express();
  app.use(requestLog(pino({}, { write: (line: string) => void lines.push(line) })));
  app.get('/reported', (req, res) => {
    req.log.error({ err: new Error('first trouble', { cause: new Error('its cause') }) }, 'reported');
    res.sendStatus(503);
  });
  app.get('/thrown', (_req, res) => {
    res.err = new Error('second trouble');
    res.sendStatus(500);
  });
  await request(app).get('/reported?code=canary');
  await request(app).get('/thrown');
  const errors = lines.map((line) => JSON.parse(line).err).filter(Boolean);
  expect(errors.map(({ message }) => message)).toEqual(
    expect.arrayContaining(['first trouble', 'second trouble']),
  );
  expect(errors[0]).toMatchObject({ type: 'Error', cause: { message: 'its cause' } });
  expect(lines.join('')).not.toMatch(/canary|\[object Object\]/);
});
