import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { unzipSync } from 'fflate';
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

test('a token that digi.me repeats in its answers is shown and exported nowhere but in the owner’s own signed command', async () => {
  const visitor = inspected.browser();
  await visitor.connect();
  const { requests } = inspected.sandbox.control.requests();
  const last = (name: string) =>
    requests.findLast(({ claims }) => claims?.[name] !== undefined)?.claims?.[name];
  const token = String(last('access_token'));
  const secrets = [token, String(last('code')), String(last('code_verifier'))];
  expect(secrets.every((secret) => secret.length >= 20)).toBe(true);
  // Under names of all kinds, within text, as a name, in a header, as JSON and as text; once with an answer that is good.
  const echo = {
    ...{ note: token, access_token: token, [token]: 'as a name', list: [`before ${token} after`, secrets] },
    url: `https://elsewhere.example/?given=${encodeURIComponent(token)}`,
    error: { code: 'InvalidRequest', message: `Bearer ${token} is odd`, reference: token },
  };
  const meta = { mimeType: 'text/plain', accounts: [{ accountId: 'me' }] };
  const pushes: string[] = [];
  for (const answer of [
    { status: 400, body: echo },
    { status: 400, body: `refused: ${secrets.join(' ')}` },
    { status: 200, body: echo },
    {
      status: 422,
      body: echo,
      headers: { 'x-echo': token, location: `https://elsewhere.example/?t=${token}` },
    },
  ]) {
    inspected.sandbox.control.addFault({ route: 'import', times: 1, ...answer });
    const { id } = (await visitor.upload(`repeated ${pushes.length}`, meta)).json;
    await visitor.waitForState(id, ['delivered', 'failed']);
    pushes.push(id);
  }
  inspected.sandbox.control.clearFaults();
  const { steps } = (await visitor.getJson('/inspector')).json as {
    steps: {
      number: number;
      call?: string;
      canRepeat?: boolean;
      curl?: string;
      response?: { status: number };
    }[];
  };
  const pushed = steps.filter(({ call }) => call === 'pushData');
  expect(pushed.map(({ response }) => response?.status)).toEqual([400, 400, 200, 422]);
  expect(pushed.every(({ curl }) => curl?.includes('$DIGIME_JWT'))).toBe(true);

  const shown = new Map<string, string>();
  for (const path of [
    ...['', '?view=timeline', '/export.json', '/export.har', '/share.html'].map(
      (rest) => `/inspector${rest}`,
    ),
    ...steps.map(({ number }) => `/inspector/steps/${number}`),
    `/inspector?diff=${pushed[0]?.number},${pushed[1]?.number}`,
    ...pushes.map((id) => `/pushes/${id}`),
  ])
    for (const accept of ['text/html', 'application/json'])
      shown.set(`${path} ${accept}`, (await visitor.get(path, { accept })).text);
  const cookie = [...visitor.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
  const zip = await fetch(new URL('/inspector/project.zip', inspected.app.baseUrl), { headers: { cookie } });
  const files = unzipSync(new Uint8Array(await zip.arrayBuffer()));
  for (const [name, content] of Object.entries(files))
    shown.set(`project.zip ${name}`, Buffer.from(content).toString());
  expect(shown.size).toBeGreaterThan(30);
  const decode = (text: string) =>
    text.replace(/base64,([\w+/=]+)/g, (_all, part) => Buffer.from(part, 'base64').toString());
  const told = [...shown].filter(([, text]) => secrets.some((secret) => decode(text).includes(secret)));
  expect(told.map(([name]) => name)).toEqual([]);
  expect(secrets.filter((secret) => inspected.logs().includes(secret))).toEqual([]);

  const repeatable = steps.findLast(({ canRepeat }) => canRepeat);
  const { curl } = (await visitor.post(`/inspector/steps/${repeatable?.number}/curl`)).json;
  const jwt = /Bearer ([\w-]+)\.([\w-]+)\./.exec(curl)?.[2] ?? '';
  expect(JSON.parse(Buffer.from(jwt, 'base64url').toString()).access_token).toBe(token);
});
