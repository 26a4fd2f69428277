import { describe, expect, test } from '@jest/globals';
import express from 'express';
import supertest from 'supertest';
import { createI18n, languageOf } from '../../src/web/preferences.js';

const app = express();
app.set('trust proxy', true);
app.use(createI18n());
app.get('/', (req, res) => void res.send(languageOf(req)));

async function ask(path: string, headers: Record<string, string> = {}) {
  const answer = await supertest(app).get(path).set(headers);
  return { language: answer.text, cookies: [answer.headers['set-cookie'] ?? []].flat() };
}

describe('the language of a visitor', () => {
  test('is what the browser asks for', async () => {
    expect((await ask('/', { 'Accept-Language': 'fr, nl-BE;q=0.9, en;q=0.5' })).language).toBe('nl');
    expect((await ask('/', { 'Accept-Language': 'en-US, nl;q=0.9' })).language).toBe('en');
  });

  test('is English when the browser asks for neither or for nothing', async () => {
    expect((await ask('/', { 'Accept-Language': 'fr, de;q=0.9' })).language).toBe('en');
    expect((await ask('/')).language).toBe('en');
  });

  test('is the one chosen before, whatever the browser asks for', async () => {
    const cookie = 'other=1; lang=nl; third=2';
    expect((await ask('/', { Cookie: cookie, 'Accept-Language': 'en' })).language).toBe('nl');
  });

  test('is the one in the address before all others, and is kept for a year', async () => {
    const { language, cookies } = await ask('/?lang=en', { Cookie: 'lang=nl' });
    expect(language).toBe('en');
    expect(cookies).toHaveLength(1);
    expect(cookies[0]).toMatch(/^lang=en; Max-Age=31536000; Path=\/; Expires=.*; HttpOnly; SameSite=Lax$/);
  });

  test('travels in a secure cookie on a secure connection', async () => {
    const { cookies } = await ask('/?lang=nl', { 'X-Forwarded-Proto': 'https' });
    expect(cookies[0]).toMatch(/; Secure/);
  });

  test.each(['/?lang=xx', '/?lang=', '/?lang=en&lang=nl', '/?lang[a]=nl', '/?lang=__proto__'])(
    'ignores %s, and sets no cookie for it',
    async (path) => {
      const { language, cookies } = await ask(path, { 'Accept-Language': 'nl', Cookie: 'lang=%ZZ' });
      expect(language).toBe('nl');
      expect(cookies).toEqual([]);
    },
  );

  test('sets no cookie again for the choice that is already kept', async () => {
    expect((await ask('/?lang=nl', { Cookie: 'lang=nl' })).cookies).toEqual([]);
  });
});
