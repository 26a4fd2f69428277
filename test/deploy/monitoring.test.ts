import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { parser } from '@prometheus-io/lezer-promql';
import { parse } from 'yaml';
import { read } from '../docs/read-pages.js';
import { eventually } from '../support/eventually.js';
import { type Pair, startPair } from '../support/start-pair.js';

interface Alert {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; action: string };
}
interface Panel {
  id: number;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: { expr: string }[];
}

const { groups } = parse(read('deploy/prometheus/alerts.yaml')) as { groups: { rules: Alert[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);
const { panels } = JSON.parse(read('deploy/grafana/dashboard.json')) as { panels: Panel[] };
/** Grafana puts a duration in its place before Prometheus sees the query. */
const queries = [
  ...alerts.map(({ alert, expr }) => [alert, expr] as const),
  ...panels.flatMap(({ title, targets }) =>
    targets.map(({ expr }) => [title, expr.replaceAll('$__rate_interval', '5m')] as const),
  ),
];

/** Nodes of a query by their names in Prometheus' own grammar; what is no PromQL is in it as an error. */
function nodesOf(query: string): { name: string; text: string; isError: boolean }[] {
  const nodes: { name: string; text: string; isError: boolean }[] = [];
  parser.parse(query).iterate({
    enter: ({ name, from, to, type }) => {
      nodes.push({ name, text: query.slice(from, to), isError: type.isError });
    },
  });
  return nodes;
}

test('the grammar sees what is no PromQL', () => {
  expect(nodesOf('sum(rate(pushes[5m])').some(({ isError }) => isError)).toBe(true);
});

test.each(queries)('%s asks in PromQL: %s', (_title, query) => {
  expect(nodesOf(query).filter(({ isError }) => isError)).toEqual([]);
});

describe('with a running app', () => {
  let pair: Pair;
  let text: string;
  beforeAll(async () => {
    pair = await startPair();
    const browser = pair.browser();
    await browser.connect();
    await browser.getJson('/pushes/none');
    pair.sandbox.control.addFault({ route: 'import', times: 1, status: 500 });
    const { json } = await browser.upload('measured', {
      mimeType: 'text/plain',
      accounts: [{ accountId: 'me' }],
    });
    await browser.waitForState(json.id, ['delivered']);
    // A delivery is measured a moment after the ledger knows of it.
    text = await eventually(
      'the delivery',
      async () => (await browser.get('/metrics')).text,
      (metrics) => metrics.includes('push_delivery_seconds_count{'),
    );
  });
  afterAll(() => pair.close());

  test.each(queries)('%s asks for metrics and labels that there are: %s', (_title, query) => {
    const metrics = nodesOf(query)
      .filter(({ name }) => name === 'VectorSelector')
      .map(({ text }) => /^[\w:]+/.exec(text)?.[0] ?? '');
    expect(metrics.length).toBeGreaterThan(0);
    // `up` is Prometheus' own.
    const own = metrics.filter((metric) => metric !== 'up');
    expect(own.filter((metric) => !new RegExp(`^${metric}[ {]`, 'm').test(text))).toEqual([]);
    const labels = nodesOf(query)
      .filter(({ name, text }) => name === 'LabelName' && !['instance', 'job'].includes(text))
      .map(({ text }) => text);
    const samples = text.split('\n').filter((line) => own.some((metric) => line.startsWith(`${metric}{`)));
    expect(labels.filter((label) => !samples.some((line) => line.includes(`${label}="`)))).toEqual([]);
  });
});

test('alerts name codes and settings that there are, and say what to do', () => {
  const codes = Object.keys(JSON.parse(read('src/web/words/en/errors.json')));
  const settings = read('.env.example');
  for (const { alert, expr, labels, annotations } of alerts) {
    expect(['warning', 'critical']).toContain(labels.severity);
    expect(`${alert}: ${annotations.summary}`.length).toBeGreaterThan(30);
    expect(annotations.action.length).toBeGreaterThan(20);
    const named = /\bcode=~"([^"]+)"/.exec(expr)?.[1]?.split('|') ?? [];
    expect(named.filter((code) => !codes.includes(code))).toEqual([]);
    const asked = annotations.action.match(/\b[A-Z]+_[A-Z_]+\b/g) ?? [];
    expect(asked.filter((name) => !settings.includes(`# ${name}=`))).toEqual([]);
  }
  expect(new Set(alerts.map(({ alert }) => alert)).size).toBe(alerts.length);
});

test('the panels of the dashboard do not lie on one another', () => {
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
  const places = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_unused, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  );
  expect(new Set(places).size).toBe(places.length);
  expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
});
