import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sourcesOf } from '../../src/inspector/explanation.js';
import { readProtocol } from '../../src/inspector/protocol-page.js';
import { type InspectedApp, startInspectedApp } from './inspected-app.js';

let inspected: InspectedApp;
beforeAll(async () => {
  inspected = await startInspectedApp();
});
afterAll(() => inspected.close());

test('every section that the inspector cites is on the page that its link leads to', async () => {
  const page = (await inspected.browser().get('/inspector/protocol', { accept: 'text/html' })).text;
  const links = Object.values(sourcesOf).flatMap((sources) => sources.map(({ href }) => href));
  const cited = [...new Set(links)].filter((href) => href.startsWith('/'));
  expect(cited.length).toBeGreaterThan(10);
  for (const href of cited) {
    const [path, anchor] = href.split('#');
    expect(path).toBe('/inspector/protocol');
    expect(page).toContain(`<h2 id="${anchor}">`);
  }
});

test('a step links the sections behind it', async () => {
  const browser = inspected.browser();
  await browser.connect();
  const { steps } = (await browser.getJson('/inspector')).json;
  const exchange = steps.find(({ call }: { call?: string }) => call === 'exchangeCodeForToken');
  expect(exchange.sources[0].href).toBe('/inspector/protocol#exchanging-the-code');
});

test('the page shows the whole document, code as code', async () => {
  const blocks = readProtocol();
  expect(blocks.filter(({ kind }) => kind === 'heading').length).toBeGreaterThan(12);
  const page = (await inspected.browser().get('/inspector/protocol', { accept: 'text/html' })).text;
  expect(page).toContain('<code>POST oauth/token</code>');
  expect(page).not.toContain('`');
});
