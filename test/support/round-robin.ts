import { once } from 'node:events';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A proxy on this machine that gives each request to the next instance: nothing sticks. */
export interface RoundRobin {
  /** Its address, with a final slash. */
  readonly baseUrl: string;
  /** From now on requests go to these ports in turn. */
  use(ports: readonly string[]): void;
  /** How many requests each port was given. */
  readonly counts: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Starts the proxy; until `use` it answers 502, as it does when an instance does not take a request. */
export async function startRoundRobin(): Promise<RoundRobin> {
  let ports: readonly string[] = [];
  let turn = 0;
  const counts = new Map<string, number>();
  // A connection that is to be closed after its answer is reset when the answer comes before the body has gone.
  const agent = new Agent({ keepAlive: true });
  const forward = (req: IncomingMessage, res: ServerResponse) => {
    const port = ports[turn++ % ports.length];
    if (port === undefined) return void res.writeHead(502).end();
    counts.set(port, (counts.get(port) ?? 0) + 1);
    const upstream = request(
      {
        ...{ host: '127.0.0.1', port, method: req.method, path: req.url, agent },
        headers: { ...req.headers, 'x-forwarded-for': '127.0.0.1', connection: 'keep-alive' },
      },
      (answer) => {
        const { connection: _hop, 'keep-alive': _keep, ...headers } = answer.headers;
        res.writeHead(answer.statusCode ?? 502, headers);
        // An event stream begins with its headers.
        res.flushHeaders();
        answer.pipe(res);
        answer.once('error', () => res.destroy());
      },
    );
    upstream.once('error', () => (res.headersSent ? res.destroy() : res.writeHead(502).end()));
    res.once('close', () => res.writableFinished || upstream.destroy());
    req.pipe(upstream);
  };
  const server = createServer({ requestTimeout: 0, keepAliveTimeout: 60_000 }, forward);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    baseUrl: `http://localhost:${(server.address() as AddressInfo).port}/`,
    use: (others) => {
      ports = others;
    },
    counts,
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      agent.destroy();
      await closed;
    },
  };
}
