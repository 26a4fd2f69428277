import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { launchBrowser } from '../journeys/visit.js';
import { type InspectedApp, startInspectedApp } from './inspected-app.js';

let inspected: InspectedApp;
beforeAll(async () => {
  inspected = await startInspectedApp();
});
afterAll(() => inspected.close());

test('a journey becomes one file: diagram, calls and HAR, read without network, scripts or the app', async () => {
  const visitor = inspected.browser();
  await visitor.connect();
  const count = (await visitor.getJson('/inspector')).json.steps.length;
  const answer = await visitor.get('/inspector/share.html');
  expect(answer.headers.get('content-disposition')).toBe('attachment; filename=digi-me-calls.html');
  expect(answer.text).not.toMatch(/<script|<form|href="\/|src=/);
  const file = join(inspected.dataDir, 'shared.html');
  await writeFile(file, answer.text);

  const browser = await launchBrowser();
  try {
    const context = await browser.newContext({ offline: true, javaScriptEnabled: false });
    const page = await context.newPage();
    const asked: string[] = [];
    page.on('request', (request) => asked.push(request.url()));
    await page.goto(`file://${file}`);
    expect(await page.locator('li.exchange').count()).toBe(count);
    await page.locator('li.exchange', { hasText: 'Exchange the code for tokens' }).locator('summary').click();
    expect(await page.getByText('"grant_type": "authorization_code"').isVisible()).toBe(true);
    const href = (await page.locator('a[download$=".har"]').getAttribute('href')) ?? '';
    const har = JSON.parse(Buffer.from(href.split(',')[1] ?? '', 'base64').toString());
    expect(har.log.entries.length).toBeGreaterThan(2);
    expect(asked).toEqual([`file://${file}`]);
  } finally {
    await browser.close();
  }
});

test('nothing that is shared or exported holds a secret that digi.me repeats in an answer', async () => {
  const visitor = inspected.browser();
  await visitor.connect();
  const tokens = inspected.sandbox.control
    .requests()
    .requests.flatMap(({ claims }) => [claims?.access_token, claims?.code, claims?.code_verifier])
    .filter((value): value is string => typeof value === 'string');
  expect(tokens.length).toBeGreaterThan(2);
  for (const path of ['share.html', 'export.har', 'export.json']) {
    const { text } = await visitor.get(`/inspector/${path}`);
    const decoded = text.replace(/base64,([\w+/=]+)/g, (_all, part) =>
      Buffer.from(part, 'base64').toString(),
    );
    expect(tokens.filter((token) => decoded.includes(token))).toEqual([]);
  }
});
