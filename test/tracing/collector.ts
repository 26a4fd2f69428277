import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One span as OTLP's JSON has it, its attributes as an object. */
export interface ReceivedSpan {
  name: string;
  traceId: string;
  spanId: string;
  parentSpanId: string | undefined;
  kind: number;
  attributes: Record<string, string | number | boolean>;
}

interface OtlpAttribute {
  key: string;
  value: Record<string, string | number | boolean>;
}
interface OtlpSpan extends Omit<ReceivedSpan, 'attributes'> {
  attributes: OtlpAttribute[];
}
interface OtlpRequest {
  resourceSpans: {
    resource: { attributes: OtlpAttribute[] };
    scopeSpans: { spans: OtlpSpan[] }[];
  }[];
}

const plain = (attributes: OtlpAttribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0] ?? '']));

/** A collector that takes OTLP over HTTP as JSON and keeps what it gets. */
export async function startCollector() {
  const bodies: string[] = [];
  const headers: Record<string, unknown>[] = [];
  const paths = new Set<string>();
  const server = createServer((req, res) => {
    let text = '';
    req.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    req.on('end', () => {
      bodies.push(text);
      headers.push(req.headers);
      paths.add(req.url ?? '');
      res.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const resources = () => bodies.flatMap((text) => (JSON.parse(text) as OtlpRequest).resourceSpans);
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    headers,
    /** All that arrived, as text. */
    text: () => bodies.join('\n'),
    resources: () => resources().map(({ resource }) => plain(resource.attributes)),
    spans: (): ReceivedSpan[] =>
      resources()
        .flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans))
        .map((span) => ({ ...span, attributes: plain(span.attributes) })),
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
