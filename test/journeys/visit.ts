import { createRequire } from 'node:module';
import { expect } from '@jest/globals';
import { type Browser, chromium, type Page } from 'playwright-core';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

/**
 * What Chromium is to leave out: what Playwright leaves out as well, as only the last such list counts, and the pages of
 * the popups below the address bar, which every window would load although nobody sees them.
 */
const leftOut = [
  'AimEnabled',
  'AvoidCorsURLLoaderRestartOnRedirect',
  'AvoidUnnecessaryBeforeUnloadCheckSync',
  'DestroyProfileOnBrowserClose',
  'HttpsFirstBalancedModeAutoEnable',
  'HttpsUpgrades',
  'LensOverlay',
  'MediaRouter',
  'NetworkTimeServiceQuerying',
  'OptimizationHints',
  'PaintHolding',
  'PreconnectToSearch',
  'TcpPortRandomizationWin',
  'ThirdPartyStoragePartitioning',
  'WebUIOmniboxAimPopup',
  'WebUIOmniboxPopup',
];

/** Chromium with nothing that talks to the world outside. */
export async function launchBrowser(): Promise<Browser> {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--disable-features=${leftOut.join(',')}`,
    ],
  });
  // Only what is hopeless ends by time: a browser on a busy machine takes many times as long as on a quiet one.
  browser.on('context', (context) => context.setDefaultTimeout(90_000));
  return browser;
}

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

/** The rules of axe that look at colours. */
const ofColours = ['color-contrast', 'link-in-text-block'];

async function expectAxeFindsNothing(page: Page, rules?: readonly string[]): Promise<void> {
  if (!(await page.evaluate('"axe" in window'))) await page.addScriptTag({ path: axe });
  // What is half faded in has other colours than those that a person reads.
  await page.evaluate(
    `document.getAnimations().filter(({ effect }) => Number.isFinite(effect.getComputedTiming().endTime))
      .forEach((animation) => animation.finish())`,
  );
  const found = await page.evaluate(
    async (options) => {
      // biome-ignore lint/suspicious/noExplicitAny: axe puts itself on the window
      const { violations } = await (globalThis as any).axe.run(options);
      return violations.map((violation: { id: string; nodes: { target: string[] }[] }) => [
        violation.id,
        violation.nodes.map(({ target }) => target.join(' ')),
      ]);
    },
    { resultTypes: ['violations'], ...(rules && { runOnly: [...rules] }) },
  );
  expect({ url: page.url(), found }).toEqual({ url: page.url(), found: [] });
}

/** Nothing for axe to find, and nothing that sticks out at the side. The page must have been opened with `bypassCSP`. */
export async function expectAccessible(page: Page): Promise<void> {
  await expectAxeFindsNothing(page);
  const wider = await page.evaluate(
    'document.documentElement.scrollWidth - document.documentElement.clientWidth',
  );
  expect(wider).toBe(0);
}

/** For the same page in other colours: only what axe finds in colours can have changed. */
export const expectColoursReadable = (page: Page): Promise<void> => expectAxeFindsNothing(page, ofColours);

/**
 * Nothing sticks out at the side on the smallest phone, nor with text of twice the size (WCAG 1.4.10 and 1.4.4), and what
 * a finger presses is 44 pixels high and wide (WCAG 2.5.5; links within a text may be smaller, and what Swagger UI draws
 * is not ours). The page must have been opened in a context with `hasTouch`.
 */
export async function expectFitsPhones(page: Page): Promise<void> {
  const before = page.viewportSize();
  const wider: string[] = [];
  for (const [width, textPercent] of [
    [320, 100],
    [390, 200],
  ] as const) {
    await page.setViewportSize({ width, height: 844 });
    const [over, elements] = (await page.evaluate(`(() => {
      const root = document.documentElement;
      root.style.fontSize = '${textPercent}%';
      const over = root.scrollWidth - root.clientWidth;
      const sticking = over === 0 ? [] : [...document.querySelectorAll('body *')]
        .filter((element) => element.getBoundingClientRect().right > root.clientWidth + 1);
      return [over, sticking.slice(0, 5).map((element) => element.outerHTML.slice(0, 60))];
    })()`)) as [number, string[]];
    if (over > 0) wider.push(`${page.url()} at ${width} with ${textPercent} % text: ${over} px`, ...elements);
  }
  const small = await page.evaluate(`(() => {
    document.documentElement.style.fontSize = '';
    const pressed = 'a, button, select, summary, textarea, input:not([type="hidden"], [type="checkbox"], [type="radio"])';
    return [...document.querySelectorAll(pressed)]
      .filter((element) => element.checkVisibility() && !element.closest('.swagger-ui'))
      .map((element) => [element, element.getBoundingClientRect()])
      .filter(([element, { width, height }]) => width > 1 && height > 1 && (width < 43.5 || height < 43.5)
        && !(getComputedStyle(element).display === 'inline' && element.closest('p, li, td, dd, label')))
      .map(([element, { width, height }]) => element.outerHTML.slice(0, 60) + ' ' + Math.round(width) + '×' + Math.round(height));
  })()`);
  if (before) await page.setViewportSize(before);
  expect({ url: page.url(), wider, small }).toEqual({ url: page.url(), wider: [], small: [] });
}
