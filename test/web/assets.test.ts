import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import express from 'express';
import supertest from 'supertest';
import { createAssets } from '../../src/web/assets.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'assets-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function put(files: Record<string, string>) {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const assets = createAssets(folder);
  return { assets, browser: supertest(express().use(assets.router)) };
}

const css = 'body { color: black; }\n'.repeat(50);

describe('the address of a file', () => {
  test('changes with its content and with nothing else', () => {
    const first = put({ 'style.css': css }).assets.url('style.css');
    expect(first).toMatch(/^\/assets\/style\.[\w-]{12}\.css$/);
    expect(put({ 'style.css': css }).assets.url('style.css')).toBe(first);
    expect(put({ 'style.css': `${css} ` }).assets.url('style.css')).not.toBe(first);
  });

  test('is refused for a name that does not exist, so that a typing error shows at once', () => {
    expect(() => put({ 'style.css': css }).assets.url('stile.css')).toThrow('stile.css');
  });

  test('is what modules import one another by, and changes with what they import', () => {
    const app = "import { a } from './lib/a.js';\nimport x from './missing.js';\n";
    const { assets } = put({ 'app.js': app, 'lib/a.js': 'export const a = 1;' });
    const before = assets.url('app.js');
    expect(put({ 'lib/a.js': 'export const a = 2;' }).assets.url('app.js')).not.toBe(before);
  });

  test('can not be made for modules that import one another in a circle', () => {
    const files = { 'a.js': "import './b.js';", 'b.js': "import './a.js';" };
    expect(() => put(files)).toThrow(/circle/);
  });
});

describe('a file', () => {
  test('is served with its type and may be kept for a year', async () => {
    const { assets, browser } = put({ 'style.css': css });
    const answer = await browser.get(assets.url('style.css')).set('Accept-Encoding', 'identity');
    expect(answer.status).toBe(200);
    expect(answer.text).toBe(css);
    expect(answer.headers).toMatchObject({
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    });
    expect(answer.headers['content-encoding']).toBeUndefined();
  });

  test('comes as brotli to a browser that also takes gzip', async () => {
    const { assets, browser } = put({ 'style.css': css });
    const accepted = 'gzip, deflate, br, zstd';
    const answer = await browser.get(assets.url('style.css')).set('Accept-Encoding', accepted);
    expect(answer.headers).toMatchObject({ 'content-encoding': 'br', vary: 'Accept-Encoding' });
    expect(answer.text).toBe(css);
  });

  test('comes as gzip to one that takes nothing better', async () => {
    const { assets, browser } = put({ 'style.css': css });
    const answer = await browser.get(assets.url('style.css')).set('Accept-Encoding', 'gzip');
    expect(answer.headers['content-encoding']).toBe('gzip');
    expect(answer.text).toBe(css);
  });

  test('imports other modules by their addresses', async () => {
    const { assets, browser } = put({ 'app.js': "import './lib.js';", 'lib.js': 'export {};' });
    const answer = await browser.get(assets.url('app.js'));
    expect(answer.text).toBe(`import '${assets.url('lib.js')}';`);
  });

  test('is not sent again to a browser that has it', async () => {
    const { assets, browser } = put({ 'style.css': css });
    const { headers } = await browser.get(assets.url('style.css'));
    const again = await browser.get(assets.url('style.css')).set('If-None-Match', String(headers.etag));
    expect(again.status).toBe(304);
  });

  test.each(['/assets/style.css', '/assets/style.000000000000.css', '/assets/..%2fstyle.css', '/assets/%00'])(
    'is not found under %s',
    async (path) => {
      const answer = await put({ 'style.css': css }).browser.get(path);
      expect(answer.status).toBe(404);
      expect(answer.headers['cache-control']).toBe('no-store');
    },
  );
});

describe('/favicon.ico', () => {
  test('is the drawn icon where there is one', async () => {
    const answer = await put({ 'icon.svg': '<svg/>' }).browser.get('/favicon.ico');
    expect(answer.headers['content-type']).toMatch('image/svg+xml');
  });

  test('is an empty answer where there is none', async () => {
    expect((await put({ 'style.css': css }).browser.get('/favicon.ico')).status).toBe(204);
  });
});
