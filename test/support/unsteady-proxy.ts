import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { Transform } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

/** A TCP proxy on this machine that behaves as bad networks do, from the moment it is told to. */
export interface UnsteadyProxy {
  readonly port: number;
  /** Bytes that have gone to the app so far. */
  readonly sentBytes: number;
  /** Ends every connection, and each new one at once, until `restore`. */
  cut(): void;
  /** Lets no byte to the app through any more, and ends nothing; connections made later work. */
  stall(): void;
  /** At most so many bytes per second to the app, on connections made from now on. */
  throttle(bytesPerSecond: number | undefined): void;
  /** Ends every connection whenever so many more bytes have gone to the app, so many times; new ones work. */
  dropEvery(bytes: number, times: number): void;
  /** How often `dropEvery` has done that. */
  readonly drops: number;
  restore(): void;
  /** New connections lead to this port from now on. */
  leadTo(port: number): void;
  close(): Promise<void>;
}

/** Starts the proxy in front of `targetPort` on this machine. */
export async function startUnsteadyProxy(targetPort: number): Promise<UnsteadyProxy> {
  const pairs = new Set<{ client: Socket; upstream: Socket; isStalled: boolean }>();
  let isCut = false;
  let bytesPerSecond: number | undefined;
  let sentBytes = 0;
  let drops = 0;
  let target = targetPort;
  const dropAt: number[] = [];
  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    const upstream = connect(target, '127.0.0.1');
    const pair = { client, upstream, isStalled: false };
    pairs.add(pair);
    const rate = bytesPerSecond;
    const slow = new Transform({
      async transform(chunk: Buffer, _encoding, done) {
        if (pair.isStalled) return;
        if (rate !== undefined) await pause((chunk.length / rate) * 1000);
        sentBytes += chunk.length;
        done(null, chunk);
        if (sentBytes < (dropAt[0] ?? Number.POSITIVE_INFINITY)) return;
        dropAt.shift();
        drops += 1;
        drop();
      },
    });
    const end = () => {
      client.destroy();
      upstream.destroy();
      pairs.delete(pair);
    };
    for (const socket of [client, upstream]) {
      socket.on('error', end);
      socket.on('close', end);
    }
    client.pipe(slow).pipe(upstream);
    upstream.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const drop = () => {
    for (const { client } of pairs) client.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    get sentBytes() {
      return sentBytes;
    },
    cut() {
      isCut = true;
      drop();
    },
    stall() {
      for (const pair of pairs) pair.isStalled = true;
    },
    throttle(rate) {
      bytesPerSecond = rate;
    },
    dropEvery(bytes, times) {
      dropAt.splice(0, Number.POSITIVE_INFINITY);
      for (let n = 1; n <= times; n++) dropAt.push(sentBytes + n * bytes);
    },
    get drops() {
      return drops;
    },
    restore() {
      isCut = false;
      bytesPerSecond = undefined;
    },
    leadTo(port) {
      target = port;
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      drop();
      await closed;
    },
  };
}
