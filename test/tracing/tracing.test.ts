import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/eventually.js';
import { type Pair, type PairOptions, startPair } from '../support/start-pair.js';
import { type ReceivedSpan, startCollector } from './collector.js';

let collector: Awaited<ReturnType<typeof startCollector>>;
let pair: Pair | undefined;
beforeAll(async () => {
  collector = await startCollector();
});
afterEach(async () => {
  await pair?.close();
  pair = undefined;
});
afterAll(() => collector.close());

const start = async (env: Record<string, string> = {}, options: PairOptions = {}) => {
  pair = await startPair({
    ...options,
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_BSP_SCHEDULE_DELAY: '20', ...env },
  });
  const browser = pair.browser();
  const { id } = await browser.connect();
  return { pair, browser, connectionId: id };
};

const meta = {
  mimeType: 'text/plain',
  accounts: [{ accountId: 'patient-of-the-test' }],
  tags: ['private-tag'],
};

/** The trace that a push is in, when its delivery has arrived at the collector. */
const traceOf = (pushId: string): Promise<ReceivedSpan[]> =>
  eventually(
    'the whole trace',
    () => {
      const all = collector.spans();
      const accepted = all.find(
        ({ name, attributes }) => name === 'push accept' && attributes['push.id'] === pushId,
      );
      return all.filter(({ traceId }) => traceId === accepted?.traceId);
    },
    (spans) =>
      spans.some(({ attributes }) => attributes['push.state'] === 'delivered') &&
      spans.some(({ name }) => name.startsWith('POST ')),
  );

test('a push is one trace from its request to digi.me’s answer, across the queue and a restart', async () => {
  const { pair, browser, connectionId } = await start();
  pair.sandbox.control.addFault({ route: 'import', times: 1000, status: 503 });
  const { json } = await browser.upload('the content of the file', meta, { name: 'private-name.txt' });
  await eventually('a failed attempt', async () => {
    const { attempts } = (await browser.getJson(`/pushes/${json.id}`)).json;
    return attempts.some(({ code }: { code?: string }) => code === 'ServiceUnavailable');
  });
  await pair.restart();
  pair.sandbox.control.clearFaults();
  await browser.waitForState(json.id, ['delivered']);

  const spans = await traceOf(json.id);
  const named = (name: string) => spans.filter((span) => span.name === name);
  const [request] = named('POST /push/library');
  const [accept] = named('push accept');
  const attempts = named('push attempt');
  expect(request).toMatchObject({ attributes: { 'http.response.status_code': 202 } });
  expect(request?.parentSpanId ?? '').toBe('');
  expect(accept?.parentSpanId).toBe(request?.spanId);
  expect(attempts.length).toBeGreaterThan(1);
  for (const { parentSpanId } of attempts) expect(parentSpanId).toBe(accept?.spanId);
  const refused = attempts.find(({ attributes }) => attributes['error.type'] === 'ServiceUnavailable');
  const delivered = attempts.find(({ attributes }) => attributes['push.state'] === 'delivered');
  for (const [attempt, status] of [
    [refused, 503],
    [delivered, 200],
  ] as const)
    expect(
      named('digi.me pushData').filter(({ parentSpanId }) => parentSpanId === attempt?.spanId),
    ).toMatchObject([{ attributes: { 'http.response.status_code': status, 'server.address': 'localhost' } }]);

  expect([...collector.paths]).toEqual(['/v1/traces']);
  expect(collector.resources()[0]).toMatchObject({ 'service.name': 'digime-push-onboarding' });
  const secrets = [
    ...['the content of the file', 'private-name', 'private-tag', 'patient-of-the-test', connectionId],
    ...browser.cookies().values(),
  ];
  expect(secrets.filter((secret) => collector.text().includes(secret))).toEqual([]);
});

test('of the address of a request only its pattern is told', async () => {
  const { browser } = await start();
  await browser.get('/library/the-name-of-a-file?code=a-code');
  await browser.get('/no/such/page');
  const names = () => collector.spans().map(({ name }) => name);
  await eventually(
    'both requests',
    () => names().includes('GET none') && names().includes('GET /library/:name'),
  );
  expect(collector.text()).not.toMatch(/the-name-of-a-file|a-code|no\/such/);
});

const incoming = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

test.each([
  ['continued when a proxy is declared', { TRUST_PROXY: '1' }, true],
  ['of anybody else begins no trace of ours', {}, false],
])('a trace that comes with the request is %s', async (_what, env: Record<string, string>, isContinued) => {
  const { browser } = await start(env);
  const { json } = await browser.upload('traced', meta, { headers: { traceparent: incoming } });
  await browser.waitForState(json.id, ['delivered']);
  const [{ traceId } = { traceId: '' }] = await traceOf(json.id);
  expect(traceId === '0af7651916cd43dd8448eb211c80319c').toBe(isContinued);
});

test('what the collector asks for is sent along', async () => {
  const { browser } = await start({ OTEL_EXPORTER_OTLP_HEADERS: 'x-key=a%20key,x-team=push' });
  await browser.get('/');
  await eventually('a batch with headers', () =>
    collector.headers.some((headers) => headers['x-key'] === 'a key' && headers['x-team'] === 'push'),
  );
});

test('a collector that is away changes nothing', async () => {
  const { browser } = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' });
  const { json } = await browser.upload('not traced', meta);
  await browser.waitForState(json.id, ['delivered']);
  // And the end of the app, after the test, does not wait for it.
});
