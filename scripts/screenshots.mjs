import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { ensureChromium } from './chromium.mjs';
import { ensureBuilt, ensureInstalled } from './prepare.mjs';
import { runApp } from './run-app.mjs';
import { root } from './run-command.mjs';

/**
 * `npm run screenshots`: walks the journey in a real browser and keeps a picture of every main page, at both widths and
 * in both schemes, in test-output/screenshots; the ones that the README shows go to docs/images.
 */
await ensureInstalled();
await ensureBuilt();
const inReadme = new Set(['upload', 'push', 'provider', 'inspector'].map((name) => `${name}-1280-light`));
const folder = join(root, 'test-output/screenshots');
const images = join(root, 'docs/images');
for (const path of [folder, images]) mkdirSync(path, { recursive: true });
const dataDir = mkdtempSync(join(tmpdir(), 'screenshots-'));
const app = runApp({ env: { DATA_DIR: dataDir, DIGIME_MODE: 'sandbox', LOG_LEVEL: 'warn' } });
const base = await app.ready;
const browser = await chromium.launch({
  executablePath: await ensureChromium(),
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking'],
});

for (const width of [1280, 390]) {
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({
      viewport: { width, height: width === 390 ? 844 : 800 },
      colorScheme,
      locale: 'en-GB',
      deviceScaleFactor: 1,
    });
    const page = await context.newPage();
    const shoot = async (name) => {
      const picture = await page.screenshot({ fullPage: true });
      const title = `${name}-${width}-${colorScheme}`;
      writeFileSync(join(folder, `${title}.png`), picture);
      if (inReadme.has(title)) writeFileSync(join(images, `${name}.png`), await page.screenshot());
    };
    await walk(page, shoot);
    await context.close();
  }
}
await browser.close();
await app.end();
rmSync(dataDir, { recursive: true, force: true });
console.log(`pictures in ${folder}`);

async function walk(page, shoot) {
  const allow = () => page.locator('button[name="decision"][value="allow"]').click();
  await page.goto(base);
  await shoot('home');
  await page.getByRole('button', { name: 'Connect your digi.me library' }).first().click();
  await page.waitForURL(/apps\/saas/);
  await shoot('consent');
  await allow();
  await page.waitForURL(/\/push$/);
  await page.locator('#file').setInputFiles({
    name: 'x-ray.json',
    mimeType: 'application/json',
    buffer: Buffer.from('{"finding":"nothing to worry about"}'),
  });
  await page.getByLabel('Tags').fill('x-ray, 2026');
  await shoot('upload');
  await page.locator('#send').click();
  await page.waitForURL(/\/pushes\//);
  await page.locator('.is-delivered').first().waitFor();
  await shoot('push');
  await page.goto(`${base}/`);
  await shoot('home-connected');
  await page.goto(`${base}/pushes`);
  await shoot('history');
  await page.goto(`${base}/push/provider`);
  await page.getByRole('link', { name: 'Choose the provider here' }).click();
  await shoot('sources');
  await page
    .getByRole('button', { name: /^Connect / })
    .first()
    .click();
  await page.waitForURL(/apps\/saas/);
  await shoot('consent-provider');
  await allow();
  await page.waitForURL(/\/push\/provider/);
  await page.getByRole('link', { name: 'Blood pressure' }).click();
  await page.locator('#result-news').waitFor({ state: 'attached' });
  await page.waitForTimeout(800);
  await shoot('provider');
  await page.goto(`${base}/library`);
  await shoot('library-connect');
  await page.locator('form[action="/library/authorize"] button').first().click();
  await page.waitForURL(/apps\/saas/);
  await allow();
  await page.waitForURL(/\/library/);
  await page.waitForTimeout(2500);
  await page.goto(`${base}/library`);
  await page.waitForTimeout(1000);
  await shoot('library');
  for (const [name, path] of [
    ['accounts', '/accounts'],
    ['inspector', '/inspector'],
    ['what-if', '/what-if'],
    ['forget', '/forget'],
    ['not-found', '/nowhere'],
  ]) {
    await page.goto(base + path);
    await shoot(name);
  }
}
