import { fileURLToPath } from 'node:url';
import { brotliCompressSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import express from 'express';
import supertest from 'supertest';
import { createAssets } from '../../src/web/assets.js';
import { renderPage, setUpPages } from '../../src/web/page.js';
import { createI18n } from '../../src/web/preferences.js';
import { connection, pages, push } from './page-models.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const assets = createAssets(`${root}public`);

/** Serves `view` with `model` under every address. */
function browserFor(view: string, model: object, mode: 'sandbox' | 'live' = 'sandbox') {
  const app = express();
  setUpPages(app, { viewsFolder: `${root}views`, assets, mode, cacheViews: true });
  app.use(assets.router, createI18n());
  app.all('/{*path}', (req, res) => renderPage(req, res, view, model, { status: 203 }));
  return supertest(app);
}

async function htmlOf(view: string, model: object, path = '/'): Promise<string> {
  return (await browserFor(view, model).get(path)).text;
}

describe.each(pages)('%s with %s', (view, _name, model) => {
  test.each(['en', 'nl'])('renders in %s, with every sentence found', async (lang) => {
    const answer = await browserFor(view, model).get(`/?lang=${lang}`);
    expect(answer.status).toBe(203);
    expect(answer.headers['content-language']).toBe(lang);
    expect(answer.text).toContain(`<html lang="${lang}">`);
    // A key that is not found comes out as itself.
    const text = answer.text.replace(/<code>.*?<\/code>|<[^>]*>/gs, ' ');
    expect(text.match(/\b(common|home|push|errors):[\w.-]+/g)).toBeNull();
    expect(text).not.toContain('{{');
  });

  test('needs no inline script or style and nothing of another host', async () => {
    const html = await htmlOf(view, model);
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)|<style|\sstyle=|\son\w+=|javascript:/i);
    expect(html.match(/(?:src|href|action)="(?:https?:)?\/\/(?!localhost)[^"]*"/g)).toBeNull();
    expect(html.match(/<h1\b/g)).toHaveLength(1);
  });
});

describe('a page', () => {
  test('shows what others chose as inert text', async () => {
    const evil = '"><script>alert(1)</script>';
    const html = await htmlOf('push/show', {
      push: push('failed', {
        fileName: evil,
        descriptor: { tags: [evil] },
        lastError: { code: evil, message: evil, advice: evil },
        response: { evil },
      }),
    });
    expect(html).not.toContain('<script>');
    expect(html).toContain('&lt;script&gt;alert(1)');
  });

  test('says that it is the sandbox, and says nothing of it in live mode', async () => {
    const model = { connections: [], can: { library: true, provider: true, read: true } };
    const text = async (mode: 'sandbox' | 'live') =>
      (await browserFor('onboarding/home', model, mode).get('/')).text;
    expect(await text('sandbox')).toContain('nothing leaves this machine');
    expect(await text('live')).not.toMatch(/sandbox/i);
  });

  test('weighs under 60 kB with all that it loads', async () => {
    const html = await htmlOf('onboarding/home', { connections: [connection()], can: {} });
    const browser = browserFor('error', {});
    const addresses = new Set(html.match(/\/assets\/[\w.-]+/g));
    let weight = brotliCompressSync(html).length;
    for (const address of addresses) {
      const answer = await browser.get(address).set('Accept-Encoding', 'br');
      weight += brotliCompressSync(answer.text ?? answer.body).length;
    }
    expect(addresses.size).toBeGreaterThan(2);
    expect(weight).toBeLessThan(60_000);
  });

  test('reloads by itself only without scripts and only until the push has settled', async () => {
    const refresh = /<noscript><meta http-equiv="refresh" content="\d+"><\/noscript>/;
    expect(await htmlOf('push/show', { push: push('pushing') })).toMatch(refresh);
    expect(await htmlOf('push/show', { push: push('delivered') })).not.toContain('http-equiv="refresh"');
  });
});

describe('the link to the other language', () => {
  const error = { code: 'NotFound', status: 404, title: 'T', message: 'M', advice: 'A', requestId: 'r' };
  const browser = browserFor('error', { error });
  const dutch = (html: string) => /href="([^"]*)" lang="nl"/.exec(html)?.[1];

  test('keeps the address and what was asked for', async () => {
    expect(dutch((await browser.get('/push?connection=a%26b&lang=en')).text)).toBe(
      '/push?connection=a%26b&amp;lang=nl',
    );
  });

  test('leads to the first page from the callback, whose code works once, and from answers to a POST', async () => {
    expect(dutch((await browser.get('/return?code=secret&state=s')).text)).toBe('/?lang=nl');
    expect(dutch((await browser.post('/push/library')).text)).toBe('/?lang=nl');
  });

  test.each(['//evil.example/x', '/%5C/evil.example', '///evil.example'])(
    'never leads to another host from %s',
    async (path) => {
      expect(dutch((await browser.get(path)).text)).toMatch(/^\/[^/\\]/);
    },
  );
});
