import { fileURLToPath } from 'node:url';
import { expect, test } from '@jest/globals';
import express from 'express';
import supertest from 'supertest';
import { AppError, type ErrorCode } from '../../src/errors.js';
import { createAssets } from '../../src/web/assets.js';
import { errorHandler } from '../../src/web/index.js';
import { setUpPages } from '../../src/web/page.js';
import { createI18n } from '../../src/web/preferences.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const assets = createAssets(`${root}public`);

/** An app whose every route fails with `error`. */
function failing(error: AppError) {
  const app = express();
  setUpPages(app, { viewsFolder: `${root}views`, assets, mode: 'sandbox', cacheViews: true });
  app.use(assets.router, createI18n());
  app.all('/{*path}', () => {
    throw error;
  });
  app.use(errorHandler);
  return supertest(app);
}

/** After how many seconds the page asks for itself again; `undefined` where it does not. */
const secondsOf = (html: string) => /id="again" data-seconds="(\d+)"/.exec(html)?.[1];

test.each<[ErrorCode, number]>([
  ['TooManyRequests', 429],
  ['DigimeUnreachable', 502],
  ['StorageUnavailable', 503],
  ['ShuttingDown', 503],
  ['TooManyUploads', 503],
])(
  'a page that fails with %s (%i) asks for itself again when its Retry-After has passed',
  async (code, status) => {
    const answer = await failing(new AppError(code, { retryAfterSeconds: 17 })).get('/pushes');
    expect(answer.status).toBe(status);
    expect(answer.headers['retry-after']).toBe('17');
    expect(secondsOf(answer.text)).toBe('17');
    expect(answer.text).toMatch(/<script[^>]* src="\/assets\/again\.[\w-]+\.js"/);
    // Without a time of its own it waits for a moment all the same.
    expect(Number(secondsOf((await failing(new AppError(code)).get('/pushes')).text))).toBeGreaterThan(0);
  },
);

test('what was sent is never sent again by the page, nor is what can’t get better by waiting', async () => {
  const refused = await failing(new AppError('TooManyRequests', { retryAfterSeconds: 17 })).post(
    '/authorize',
  );
  expect(refused.status).toBe(429);
  expect(secondsOf(refused.text)).toBeUndefined();
  const missing = await failing(new AppError('NotFound')).get('/nowhere');
  expect(missing.status).toBe(404);
  expect(secondsOf(missing.text)).toBeUndefined();
});
