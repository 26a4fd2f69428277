import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { ensureChromium } from './chromium.mjs';
import { ensureBuilt, ensureInstalled } from './prepare.mjs';
import { runApp } from './run-app.mjs';
import { report, root } from './run-command.mjs';

/**
 * `npm run screenshots`: walks the journey in a real browser and keeps a picture of every main page, at both widths and
 * in both schemes, in test-output/screenshots; the one that the README shows goes to docs/images. A page that can't be
 * reached is said and left out, and the others are still made.
 */
await ensureInstalled();
await ensureBuilt();
const inReadme = 'upload';
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
const missed = [];

for (const width of [1280, 390]) {
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({
      viewport: { width, height: width === 390 ? 844 : 800 },
      colorScheme,
      locale: 'en-GB',
      deviceScaleFactor: 1,
    });
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    const title = (name) => `${name}-${width}-${colorScheme}`;
    const shoot = async (name) => {
      // Without what moves: a picture made twice is the same picture.
      const picture = await page.screenshot({ fullPage: true, animations: 'disabled', caret: 'hide' });
      writeFileSync(join(folder, `${title(name)}.png`), picture);
    };
    for (const [name, step] of journey(page, shoot)) {
      try {
        await step();
      } catch (error) {
        missed.push(`${title(name)}: ${error.message.split('\n', 1)[0]}`);
      }
    }
    await context.close();
  }
}
await browser.close();
await app.end();
rmSync(dataDir, { recursive: true, force: true });
copyFileSync(join(folder, `${inReadme}-1280-light.png`), join(images, `${inReadme}.png`));
report(`pictures in ${folder}`);
for (const line of missed) report(`  not made: ${line}`);
process.exit(missed.length > 0 ? 1 : 0);

/** The steps of the journey with the names of their pictures. */
function journey(page, shoot) {
  const allow = async () => {
    await page.waitForURL(/apps\/saas/);
    await page.locator('button[name="decision"][value="allow"]').click();
  };
  const visit = (name, path) => [
    name,
    async () => {
      await page.goto(base + path);
      await shoot(name);
    },
  ];
  return [
    visit('home', '/'),
    [
      'consent',
      async () => {
        await page.locator('form[action="/authorize"] button').first().click();
        await page.waitForURL(/apps\/saas/);
        await shoot('consent');
        await allow();
        await page.waitForURL(/\/push$/);
      },
    ],
    [
      'upload',
      async () => {
        await page.goto(`${base}/push`);
        await page.locator('#file').setInputFiles(join(root, 'public/samples/letter.pdf'));
        await page.locator('[name="tags"]').evaluateAll((fields) => {
          for (const field of fields) field.value = 'letter, cardiology';
          for (const field of fields) field.dispatchEvent(new Event('input', { bubbles: true }));
        });
        await shoot('upload');
      },
    ],
    [
      'push',
      async () => {
        await page.locator('#send').click();
        await page.waitForURL(/\/pushes\//);
        await page.locator('.is-delivered').first().waitFor();
        await shoot('push');
      },
    ],
    visit('home-connected', '/'),
    visit('history', '/pushes'),
    visit('sources', '/push/provider/sources'),
    [
      'provider',
      async () => {
        await page.goto(`${base}/push/provider/sources`);
        await page
          .getByRole('button', { name: /^Connect / })
          .first()
          .click();
        await allow();
        await page.waitForURL(/\/push\/provider/);
        await page.goto(`${base}/push/provider?example=blood-pressure`);
        await page.waitForLoadState('networkidle');
        await shoot('provider');
      },
    ],
    [
      'library',
      async () => {
        await page.goto(`${base}/library`);
        await shoot('library-connect');
        await page.locator('form[action="/library/authorize"] button').first().click();
        await allow();
        await page.waitForURL(/\/library/);
        await page.getByText('letter.pdf').first().waitFor();
        await shoot('library');
      },
    ],
    visit('accounts', '/accounts'),
    [
      'developer-view',
      async () => {
        await page.locator('form[action="/view"] button').first().click();
        await page.waitForLoadState('networkidle');
      },
    ],
    visit('inspector', '/inspector'),
    visit('studio', '/studio'),
    visit('what-if', '/what-if'),
    visit('docs', '/docs'),
    visit('forget', '/forget'),
    visit('not-found', '/nowhere'),
  ];
}
