import { expect, test } from '@jest/globals';
import express, { type RequestHandler, Router } from 'express';
import supertest from 'supertest';
import { loadOnDemandRouters, routerOnDemand } from '../../src/web/index.js';

/** An app whose routes below `/late` are loaded on demand, with a count of how often that was tried. */
function make(load: (attempt: number) => Promise<RequestHandler>) {
  const tried = { times: 0 };
  const router = routerOnDemand(['/late'], () => {
    tried.times += 1;
    return load(tried.times);
  });
  const app = express().use(
    router,
    Router().get('/early', (_req, res) => void res.send('early')),
  );
  app.use(((_error, _req, res, _next) => void res.sendStatus(500)) as express.ErrorRequestHandler);
  return { router, tried, browser: supertest(app) };
}

const late = async () =>
  Router()
    .get('/late/here', (_req, res) => void res.send('late'))
    .post('/late', express.text(), (req, res) => void res.send(`got ${req.body}`));

test('other paths load nothing', async () => {
  const { browser, tried } = make(late);
  expect((await browser.get('/early')).text).toBe('early');
  expect((await browser.get('/later')).status).toBe(404);
  expect(tried.times).toBe(0);
});

test('the request that has it loaded is answered by it, however the path is spelt, with its body', async () => {
  expect((await make(late).browser.get('/late/here')).text).toBe('late');
  expect((await make(late).browser.get('/Late/HERE')).text).toBe('late');
  const sent = await make(late).browser.post('/late').type('text').send('a body');
  expect(sent.text).toBe('got a body');
});

test('it is loaded once, whoever asks at the same time', async () => {
  const { browser, router, tried } = make(late);
  const answers = await Promise.all([1, 2, 3].map(() => browser.get('/late/here')));
  await loadOnDemandRouters([router]);
  expect(answers.map(({ text }) => text)).toEqual(['late', 'late', 'late']);
  expect(tried.times).toBe(1);
});

test('it can be loaded ahead of the first request, among routers that need no loading', async () => {
  const { browser, router, tried } = make(late);
  await loadOnDemandRouters([Router(), router]);
  expect(tried.times).toBe(1);
  expect((await browser.get('/late/here')).text).toBe('late');
  expect(tried.times).toBe(1);
});

test('a failure is the answer to that request alone: the next one tries again', async () => {
  const { browser, tried } = make((attempt) =>
    attempt === 1 ? Promise.reject(new Error('unreadable')) : late(),
  );
  expect((await browser.get('/late/here')).status).toBe(500);
  expect((await browser.get('/late/here')).text).toBe('late');
  expect(tried.times).toBe(2);
});
