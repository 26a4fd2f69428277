import { createRequire } from 'node:module';
import { expect } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/** Chromium with nothing that talks to the world outside. */
export const launchBrowser = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });

/** Goes from the app to digi.me and back with a permission for the source that is named. */
export async function connectProvider(page: Page, source: string): Promise<void> {
  await page.getByRole('link', { name: 'Choose the provider here' }).click();
  await page.getByLabel('Name').fill(source);
  await page.getByRole('button', { name: 'Search', exact: true }).click();
  await page.getByRole('button', { name: `Connect ${source}` }).click();
  await page.waitForURL(/apps\/saas/);
  await page.locator('button[name="decision"][value="allow"]').click();
  await page.waitForURL(/\/push\/provider/);
}

/** Nothing for axe to find, and nothing that sticks out at the side. The page must have been opened with `bypassCSP`. */
export async function expectAccessible(page: Page): Promise<void> {
  await page.addScriptTag({ path: axe });
  // What is half faded in has other colours than those that a person reads.
  await page.evaluate(
    `Promise.all(document.getAnimations().filter(({ effect }) => Number.isFinite(effect.getComputedTiming().endTime))
      .map(({ finished }) => finished.catch(() => undefined)))`,
  );
  const found = await page.evaluate(async () => {
    // biome-ignore lint/suspicious/noExplicitAny: axe puts itself on the window
    const { violations } = await (globalThis as any).axe.run();
    return violations.map((violation: { id: string; nodes: { target: string[] }[] }) => [
      violation.id,
      violation.nodes.map(({ target }) => target.join(' ')),
    ]);
  });
  expect(found).toEqual([]);
  const wider = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  expect(wider).toBe(0);
}
