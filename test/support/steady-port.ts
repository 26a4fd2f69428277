import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below what Linux (from 32768), macOS and Windows (from 49152) give out by themselves, above what browsers refuse to ask. */
const first = 20_000;
const last = 32_000;

/**
 * A free port for what ends and starts again under the same address. A port that the system has given out may be given to
 * another process while nobody listens there; this one is only had by who names it.
 */
export async function steadyPort(): Promise<number> {
  for (;;) {
    const port = first + Math.floor(Math.random() * (last - first));
    const server = createServer().listen(port);
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}
