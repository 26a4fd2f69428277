import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import S3rver from 's3rver';

export interface S3Server {
  /** The server's own address. */
  readonly endpoint: string;
  /** Where the same server is reached over a network that can be cut. */
  readonly weakEndpoint: string;
  /** Cuts every connection once `afterBytes` more have gone to the server, and refuses new ones, until `mend`. */
  cut(afterBytes?: number): void;
  mend(): void;
  close(): Promise<void>;
}

/** What s3rver knows, under the names that the SDK's chain looks for. */
export const s3Credentials = { AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER' };

/** A real S3 server on a free port with an empty bucket `payloads`, and a proxy before it that can be cut. */
export async function startS3(): Promise<S3Server> {
  Object.assign(process.env, s3Credentials);
  const directory = await mkdtemp(join(tmpdir(), 's3-'));
  const server = new S3rver({
    ...{ port: 0, address: '127.0.0.1', silent: true, directory },
    configureBuckets: [{ name: 'payloads', configs: [] }],
  });
  const { port } = await server.run();
  const sockets = new Set<Socket>();
  let budget = Number.POSITIVE_INFINITY;
  const proxy = createServer((socket) => {
    if (budget <= 0) return void socket.destroy();
    const upstream = connect(port, '127.0.0.1');
    for (const end of [socket, upstream]) {
      sockets.add(end);
      end.on('error', () => {});
      end.on('close', () => {
        sockets.delete(end);
        socket.destroy();
        upstream.destroy();
      });
    }
    socket.on('data', (chunk) => {
      budget -= chunk.length;
      if (budget <= 0) for (const open of sockets) open.destroy();
    });
    socket.pipe(upstream).pipe(socket);
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    endpoint: `http://127.0.0.1:${port}`,
    weakEndpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    cut: (afterBytes = 0) => {
      budget = afterBytes;
      if (afterBytes === 0) for (const open of sockets) open.destroy();
    },
    mend: () => {
      budget = Number.POSITIVE_INFINITY;
    },
    close: async () => {
      for (const open of sockets) open.destroy();
      proxy.close();
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
