import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeControl, type SandboxControl } from './control/control.js';
import { Faults } from './control/faults.js';
import { RequestLog } from './control/request-log.js';
import { credentialsOf, type SandboxCredentials } from './credentials.js';
import { loadKeys } from './identity/keys.js';
import { makePlatform } from './make-platform.js';
import type { SandboxOptions } from './sandbox-options.js';
import { openState } from './state/state.js';

export interface Sandbox {
  /** With a final slash, as the others: `http://localhost:8082/`. */
  url: string;
  baseUrl: string;
  onboardUrl: string;
  port: number;
  /** What `GET /sandbox/credentials` answers. */
  credentials(): SandboxCredentials;
  control: SandboxControl;
  /** Loads the routes, which the first request does otherwise. */
  prepare(): Promise<void>;
  /** Stops listening, drops every open connection and closes its files. */
  close(): Promise<void>;
}

const sweepEveryMs = 60_000;

/**
 * Starts a digi.me that runs here.
 * @throws Error when the port is taken, `dataDir` cannot be used or a callback cannot be one
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const server = createServer({
    maxHeaderSize: 65_536,
    requestTimeout: 10 * 60_000,
    keepAliveTimeout: 30_000,
  });
  let open: (load: () => Promise<RequestListener>) => void = () => {};
  const ready = new Promise<() => Promise<RequestListener>>((resolve) => {
    open = resolve;
  });
  server.on('request', async (request, response) => (await (await ready)())(request, response));
  // The port first: a second sandbox that was started by mistake must not wipe the first one's folder.
  await listen(server, options);
  try {
    const opened = await openSandbox(options, server);
    open(opened.loadApp);
    return opened.sandbox;
  } catch (error) {
    server.close();
    server.closeAllConnections();
    throw error;
  }
}

async function openSandbox(options: SandboxOptions, server: Server) {
  const dataDir = options.dataDir ?? mkdtempSync(join(tmpdir(), 'digime-sandbox-'));
  const state = openState(dataDir, options.fresh ?? false);
  const keys = await loadKeys(dataDir);
  const { port } = server.address() as AddressInfo;
  const platform = makePlatform(options, state, keys, port);
  const faults = new Faults();
  const requestLog = new RequestLog();
  const control = makeControl(platform, faults, requestLog);
  const credentials = () => credentialsOf(platform);
  const tell = options.log ?? (() => {});
  // Routes and sweeping are most of the code; whoever starts a sandbox can already be told its address and credentials.
  let app: Promise<RequestListener> | undefined;
  const loadApp = () => {
    app ??= import('./sandbox-app.js').then(({ createSandboxApp }) =>
      createSandboxApp({ platform, faults, requestLog, control, credentials, tell }),
    );
    return app;
  };
  const sweeping = setInterval(
    async () => (await import('./state/sweep.js')).sweep(platform),
    sweepEveryMs,
  ).unref();
  const sandbox: Sandbox = {
    url: platform.urls.root,
    baseUrl: platform.urls.api,
    onboardUrl: platform.urls.onboard,
    port,
    credentials,
    control,
    prepare: async () => void (await loadApp()),
    close: async () => {
      if (!server.listening) return;
      clearInterval(sweeping);
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      state.close();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return { sandbox, loadApp };
}

async function listen(server: Server, { port = 0, host = '127.0.0.1' }: SandboxOptions): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}
