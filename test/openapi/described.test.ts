import diagnostics from 'node:diagnostics_channel';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { errorStatus } from '../../src/errors.js';
import { type InspectedApp, startInspectedApp } from '../inspector/inspected-app.js';
import {
  json as asJson,
  connectProvider,
  exampleBundle,
  pushJson,
} from '../push/provider/provider-requests.js';
import type { Browser } from '../support/browser.js';
import { fileMeta } from '../support/multipart.js';

interface Layer {
  route?: { path: string | string[]; methods: Record<string, boolean> };
  handle?: { stack?: Layer[] };
}

interface Described {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, object> }> }>>;
  components: { schemas: Record<string, { properties?: object }> };
}

/** With everything that sandbox mode adds. */
let pair: InspectedApp;
let browser: Browser;
let described: Described;
/** What Express really has: `get /pushes/{id}`. */
let routes: string[];

function routesOf(stack: readonly Layer[]): string[] {
  return stack.flatMap(({ route, handle }) => {
    if (route === undefined) return routesOf(handle?.stack ?? []);
    return [route.path].flat().flatMap((path) => {
      const name = path.replace(/\{\*(\w+)\}|:(\w+)/g, (_, rest, one) => `{${rest ?? one}}`);
      return Object.keys(route.methods).map((method) => `${method} ${name}`);
    });
  });
}

beforeAll(async () => {
  pair = await startInspectedApp();
  browser = pair.browser();
  // The app is not handed out; Node tells which listener serves a request.
  const seen = new Promise<{ router: { stack: Layer[] } }>((resolve) => {
    diagnostics.subscribe('http.server.request.start', (message) => {
      const { server } = message as {
        server: { listeners(name: string): { router?: { stack: Layer[] } }[] };
      };
      for (const app of server.listeners('request'))
        if (app.router !== undefined) resolve(app as { router: { stack: Layer[] } });
    });
  });
  // Some rooms are loaded by the first request for one of their paths.
  for (const path of ['/uploads', '/push/provider']) await browser.get(path);
  described = (await browser.get('/openapi.json')).json;
  routes = routesOf((await seen).router.stack);
});
afterAll(() => pair.close());

const operations = () =>
  Object.entries(described.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );

test('the description is valid OpenAPI 3.1', async () => {
  expect(await new Validator().validate({ ...structuredClone(described) })).toMatchObject({ valid: true });
});

test('every route is described, and nothing else', () => {
  expect(routes.length).toBeGreaterThan(30);
  expect(operations().sort()).toEqual([...new Set(routes)].sort());
});

test('every error code is an answer of some route', () => {
  const codes = new Set(
    JSON.stringify(described.paths)
      .match(/(?<="enum":\[)[^\]]+/g)
      ?.join()
      .match(/\w+/g),
  );
  expect(Object.keys(errorStatus).filter((code) => !codes.has(code))).toEqual([]);
});

describe('what the app answers is what is described', () => {
  /** Fails with the places where an answer differs from its schema. */
  function check(method: string, path: string, answer: { status: number; json: unknown }): void {
    const content = described.paths[path]?.[method]?.responses[String(answer.status)]?.content;
    const schema = (content?.['application/json'] as { schema?: object } | undefined)?.schema;
    expect({ method, path, status: answer.status, hasSchema: schema !== undefined }).toMatchObject({
      hasSchema: true,
    });
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    const validate = ajv.compile({ ...schema, components: described.components });
    validate(answer.json);
    expect(validate.errors ?? []).toEqual([]);
  }

  test('along the journey of a file', async () => {
    check('get', '/', await browser.getJson('/'));
    const started = await browser.post('/authorize');
    check('post', '/authorize', started);
    const back = await browser.decide(started.json.url);
    check('get', '/return', await browser.get(back, { accept: 'application/json' }));
    check('get', '/', await browser.getJson('/'));
    const accepted = await browser.upload('described', fileMeta);
    check('post', '/push/library', accepted);
    await browser.waitForState(accepted.json.id, ['delivered']);
    check('get', '/pushes/{id}', await browser.getJson(`/pushes/${accepted.json.id}`));
    check('get', '/pushes', await browser.getJson('/pushes'));
    check('get', '/accounts', await browser.getJson('/accounts'));
    const reading = await browser.post('/library/authorize');
    check('post', '/library/authorize', reading);
    await browser.get(await browser.decide(reading.json.url));
    check('get', '/library', await browser.getJson('/library'));
    check('get', '/inspector', await browser.getJson('/inspector'));
    check('get', '/forget', await browser.getJson('/forget'));
    check('post', '/forget', await browser.post('/forget'));
  });

  test('when it refuses', async () => {
    const visitor = pair.browser();
    check('post', '/authorize', await visitor.post('/authorize', { type: 'neither' }));
    check('get', '/return', await visitor.getJson('/return?state=unknown&success=true&code=c'));
    check('get', '/pushes/{id}', await visitor.getJson('/pushes/nothing'));
    check('post', '/push/library', await visitor.upload('x', fileMeta));
    await visitor.connect();
    check('post', '/push/library', await visitor.upload('', fileMeta));
    check('post', '/push/library', await visitor.upload('x', { mimeType: 'none' }));
    const other = { accept: 'application/json', origin: 'https://elsewhere.example' };
    check('post', '/forget', await visitor.post('/forget', {}, other));
  });

  test('for a bundle, checked and refused', async () => {
    const headers = { accept: 'application/json', 'content-type': 'application/json' };
    const body = JSON.stringify({ resource: { resourceType: 'Bundle', type: 'batch', entry: [{}] } });
    const checked = await browser.request('POST', '/push/provider/check', { headers, body });
    check('post', '/push/provider/check', checked);
    expect(checked.json.accepted).toBe(false);
    check('post', '/push/provider', await browser.request('POST', '/push/provider', { headers, body }));
  });

  test('for a bundle that is sent all the same, laid out and checked', async () => {
    const sender = pair.browser();
    await connectProvider(sender);
    const bundle = exampleBundle();
    delete bundle.entry[1].resource.subject.display;
    const body = JSON.stringify({ resource: bundle, format: true });
    const checked = await sender.request('POST', '/push/provider/check', { headers: asJson, body });
    check('post', '/push/provider/check', checked);
    expect(checked.json).toMatchObject({ verdict: 'overridable', formatted: expect.any(String) });
    const sent = await pushJson(sender, { version: 'stu3', resource: bundle, sendAnyway: true });
    check('post', '/push/provider', sent);
    expect(sent.json.warnings).toHaveLength(1);
    const push = await sender.waitForState(sent.json.id, ['delivered', 'failed']);
    check('get', '/pushes/{id}', await sender.getJson(`/pushes/${sent.json.id}`));
    expect(push.overruled).toHaveLength(1);
    const named = described.components.schemas;
    expect(Object.keys(named.CheckResult?.properties ?? {})).toEqual(
      expect.arrayContaining(Object.keys(checked.json)),
    );
    expect(Object.keys(named.CheckProblem?.properties ?? {})).toEqual(
      expect.arrayContaining(Object.keys(checked.json.problems[0])),
    );
    expect(Object.keys(named.Accepted?.properties ?? {})).toEqual(
      expect.arrayContaining(Object.keys(sent.json)),
    );
    expect(Object.keys(named.Push?.properties ?? {})).toContain('overruled');
  });

  test('to operators', async () => {
    check('get', '/healthz', await browser.getJson('/healthz'));
    check('get', '/readyz', await browser.getJson('/readyz'));
  });
});

test('the viewer comes from here, compressed for who takes it, and another name is not found', async () => {
  const page = await browser.get('/docs');
  const files = [...page.text.matchAll(/"(\/docs\/[^"]+)"/g)].map(([, path = '']) => path);
  expect(files).toHaveLength(2);
  for (const file of files) {
    const answer = await browser.get(file);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-encoding')).toBe('gzip');
    expect(answer.headers.get('cache-control')).toContain('immutable');
    const plain = await browser.get(file, { 'accept-encoding': 'identity' });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(plain.text).toBe(answer.text);
  }
  expect((await browser.get('/docs/index.html')).status).toBe(404);
  expect(page.text).not.toMatch(/(?:src|href)="https?:/);
});
