import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { makeControl, type SandboxControl } from './control/control.js';
import { Faults } from './control/faults.js';
import { RequestLog } from './control/request-log.js';
import { credentialsOf, type SandboxCredentials } from './credentials.js';
import { makeContracts } from './identity/contracts.js';
import { loadKeys } from './identity/keys.js';
import { RedirectUris } from './identity/redirect-uris.js';
import type { Platform } from './platform.js';
import { createSandboxApp } from './sandbox-app.js';
import { Clock } from './state/clock.js';
import { openState } from './state/state.js';
import { sweep } from './state/sweep.js';

export interface SandboxOptions {
  /** 0 means any free one. */
  port: number;
  /** Default 127.0.0.1: this machine only. */
  host?: string;
  /** Its own folder: keys, journal and bodies are kept in it. */
  dataDir: string;
  /** Forget what an earlier sandbox left in `dataDir`, keys included. */
  fresh?: boolean;
  /** The address under which clients and people reach it; default `http://localhost:{port}/`. */
  publicUrl?: string;
  /** Registered callbacks besides every path and port of this machine. */
  callbacks?: string[];
  log?: (entry: Record<string, unknown>) => void;
  /** Milliseconds; default the machine's clock. */
  now?: () => number;
  /** Defaults: 3,600, 30 days and 600. */
  accessTokenSeconds?: number;
  refreshTokenSeconds?: number;
  codeSeconds?: number;
}

export interface Sandbox {
  /** With a final slash, as the others: `http://localhost:8082/`. */
  url: string;
  baseUrl: string;
  onboardUrl: string;
  port: number;
  /** What `GET /sandbox/credentials` answers. */
  credentials(): SandboxCredentials;
  control: SandboxControl;
  /** Stops listening, drops every open connection and closes its files. */
  close(): Promise<void>;
}

const SWEEP_EVERY_MS = 60_000;

/** Starts a digi.me that runs here. Rejects when the port is taken or `dataDir` cannot be used. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const state = openState(options.dataDir, options.fresh ?? false);
  const keys = await loadKeys(options.dataDir);
  const server = createServer({
    maxHeaderSize: 65_536,
    requestTimeout: 10 * 60_000,
    keepAliveTimeout: 30_000,
  });
  try {
    await listen(server, options);
  } catch (error) {
    state.close();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  const root = new URL('.', options.publicUrl ?? `http://localhost:${port}/`).href;
  const api = `${root}v1.7/`;
  const platform: Platform = {
    applicationId: keys.applicationId,
    applicationName: 'Sandbox application',
    urls: { root, api, onboard: `${root}apps/saas/`, jwks: `${api}jwks/oauth` },
    contracts: makeContracts(keys),
    platformKey: keys.platform,
    redirectUris: new RedirectUris(options.callbacks),
    state,
    clock: new Clock(state.settings, options.now ?? Date.now),
    lifetimes: {
      accessTokenMs: (options.accessTokenSeconds ?? 3600) * 1000,
      refreshTokenMs: (options.refreshTokenSeconds ?? 30 * 86_400) * 1000,
      codeMs: (options.codeSeconds ?? 600) * 1000,
      sessionMs: 3_600_000,
    },
  };
  const faults = new Faults();
  const requestLog = new RequestLog();
  const control = makeControl(platform, faults, requestLog);
  const credentials = () => credentialsOf(platform);
  const tell = options.log ?? (() => {});
  server.on('request', createSandboxApp({ platform, faults, requestLog, control, credentials, tell }));
  const sweeping = setInterval(() => sweep(platform), SWEEP_EVERY_MS).unref();

  return {
    url: root,
    baseUrl: platform.urls.api,
    onboardUrl: platform.urls.onboard,
    port,
    credentials,
    control,
    close: async () => {
      if (!server.listening) return;
      clearInterval(sweeping);
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
      state.close();
    },
  };
}

async function listen(server: Server, { port, host = '127.0.0.1' }: SandboxOptions): Promise<void> {
  server.listen(port, host);
  await once(server, 'listening');
}
