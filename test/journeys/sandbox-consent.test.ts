import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import type { Sandbox } from '../../src/sandbox/index.js';
import { SigningClient } from '../sandbox/signing-client.js';
import { startKeyedSandbox } from '../support/keyed-sandbox.js';
import { launchBrowser } from './visit.js';

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

let browser: Browser;
let sandbox: Sandbox;
let dataDir: string;
let callback: Server;
let callbackUrl: string;

beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), 'sandbox-'));
  sandbox = await startKeyedSandbox({ port: 0, dataDir });
  callback = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<title>app</title>back in the app');
  });
  await new Promise<void>((listening) => callback.listen(0, '127.0.0.1', listening));
  callbackUrl = `http://localhost:${(callback.address() as AddressInfo).port}/return`;
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await sandbox.close();
  callback.close();
  callback.closeAllConnections();
  rmSync(dataDir, { recursive: true, force: true });
});

/** A person's browser without scripts, on a phone or a large screen. */
async function visit(width: number, colorScheme: 'light' | 'dark' = 'light', scripts = false): Promise<Page> {
  const page = await browser.newPage({
    viewport: { width, height: 900 },
    colorScheme,
    javaScriptEnabled: scripts,
    bypassCSP: scripts,
  });
  return page;
}

async function consentUrl(role: 'write' | 'provider' | 'read', query: Record<string, string>) {
  const client = new SigningClient(sandbox, role);
  const { code, verifier } = await client.authorize({ redirect_uri: callbackUrl });
  return {
    client,
    verifier,
    url: `${sandbox.onboardUrl}authorize?${new URLSearchParams({ code, ...query })}`,
  };
}

test('a person without scripts searches a provider, allows, and comes back with a code that works', async () => {
  const { client, verifier, url } = await consentUrl('provider', { sourceType: 'push' });
  const page = await visit(390);
  await page.goto(url);
  await page.getByLabel('Search by name').fill('rijn');
  await page.getByLabel('Search by name').press('Enter');
  await page.waitForURL(/q=rijn/);
  await page.getByLabel('Source').selectOption('MedMij Testziekenhuis Rijnoever');
  await page.getByRole('button', { name: 'Allow' }).click();
  await page.waitForURL(`${callbackUrl}?**`);
  const back = new URL(page.url()).searchParams;
  expect(back.get('success')).toBe('true');
  const exchanged = await client.exchange(back.get('code') ?? '', verifier);
  expect(exchanged.status).toBe(200);

  await page.goBack();
  await page.reload();
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('You have answered this already');
  await page.getByRole('link', { name: 'Go on to the application' }).click();
  await page.waitForURL(new URL('/', callbackUrl).href);
  await page.close();
});

test('a person who cancels without having chosen comes back with USER_CANCEL', async () => {
  const { url } = await consentUrl('provider', { sourceType: 'push', lng: 'nl' });
  const page = await visit(1280);
  await page.goto(url);
  await page.getByRole('button', { name: 'Annuleren' }).click();
  await page.waitForURL(`${callbackUrl}?**`);
  expect(new URL(page.url()).searchParams.get('errorCode')).toBe('USER_CANCEL');
  await page.close();
});

test.each([
  [320, 'light'],
  [390, 'dark'],
  [1280, 'light'],
  [1920, 'dark'],
] as const)('every page is accessible and fits at %i pixels, %s', async (width, scheme) => {
  const page = await visit(width, scheme, true);
  const pages = [
    (await consentUrl('write', {})).url,
    (await consentUrl('provider', { sourceType: 'push', service: '1' })).url,
    (await consentUrl('read', { lng: 'nl' })).url,
    `${sandbox.onboardUrl}authorize?code=invented`,
    `${sandbox.url}sandbox`,
    sandbox.url,
    `${sandbox.url}sandbox/library?lng=nl`,
    await withdrawUrl(),
  ];
  const axe = await readFile(axePath, 'utf8');
  for (const url of pages) {
    await page.goto(url);
    await page.evaluate("for (const one of document.querySelectorAll('details')) one.open = true");
    const overflow = await page.evaluate(
      'document.documentElement.scrollWidth - document.documentElement.clientWidth',
    );
    await page.evaluate(axe);
    const { violations } = (await page.evaluate('axe.run()')) as {
      violations: { id: string; help: string }[];
    };
    // WCAG 2.2, 2.5.5: what is pressed with a finger is 44 pixels high.
    const small = await page.evaluate(
      "[...document.querySelectorAll('button, select, input:not([type=hidden]), summary, a')].filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44).map((one) => one.outerHTML.slice(0, 80))",
    );
    expect({ url, small }).toEqual({ url, small: [] });
    expect({ url, overflow, violations: violations.map(({ id, help }) => `${id}: ${help}`) }).toEqual({
      url,
      overflow: 0,
      violations: [],
    });
  }
  await page.close();
});

async function withdrawUrl(): Promise<string> {
  const client = new SigningClient(sandbox, 'provider');
  const { accessToken } = await client.connect({ sourceType: 'push', service: '9001' });
  const claims = { access_token: accessToken };
  const { list } = await client.send('GET', 'permission-access/accounts', { claims });
  const headers = { accountid: String(list[0]?.id), redirecturi: callbackUrl };
  return (await client.send('GET', 'permission-access/revoke/h:accountId', { claims, headers })).json
    .location;
}

test('a developer ends the page with a wrong state, behind a disclosure that a person need not open', async () => {
  const { url } = await consentUrl('write', {});
  const page = await visit(1280);
  await page.goto(url);
  const wrong = page.getByRole('button', { name: 'Allow, with a wrong state' });
  expect(await wrong.isVisible()).toBe(false);
  await page.getByText('For developers').click();
  await wrong.click();
  await page.waitForURL(`${callbackUrl}?**`);
  expect(new URL(page.url()).searchParams.get('state')).toBe('not-state-1');
  await page.close();
});

test('the library fills up while somebody looks at it', async () => {
  const client = new SigningClient(sandbox, 'write');
  const { accessToken } = await client.connect({ person: 'fatima' });
  const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
  await page.goto(`${sandbox.url}sandbox/library`);
  await page.getByRole('heading', { name: 'Library of Fatima El Amrani' }).first().waitFor();
  expect(await page.getByText('Letter about my knee').count()).toBe(0);
  await client.push(accessToken, 'a letter', {
    mimeType: 'application/pdf',
    accounts: [{ accountId: 'a' }],
    reference: ['Letter about my knee'],
  });
  await page.getByText('Letter about my knee').waitFor();
  await page.close();
});

test('the page to withdraw a permission speaks Dutch, and changes language where it stands', async () => {
  const page = await visit(390);
  await page.goto(`${await withdrawUrl()}&lng=nl`);
  expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Je toestemming intrekken?');
  await page.getByRole('link', { name: 'English' }).click();
  await page.waitForURL(/lng=en/);
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.waitForURL(`${callbackUrl}?**`);
  expect(new URL(page.url()).searchParams.get('error_message')).toBe('USER_CANCEL');
  await page.close();
});
