import { makeContracts } from './identity/contracts.js';
import type { SandboxKeys } from './identity/keys.js';
import { RedirectUris } from './identity/redirect-uris.js';
import type { Platform } from './platform.js';
import type { SandboxOptions } from './sandbox-options.js';
import { Clock } from './state/clock.js';
import type { State } from './state/state.js';

/** Puts together what every route shares, for a sandbox that listens on `port`. */
export function makePlatform(
  options: SandboxOptions,
  state: State,
  keys: SandboxKeys,
  port: number,
): Platform {
  const root = new URL('.', options.publicUrl ?? `http://localhost:${port}/`).href;
  const api = `${root}v1.7/`;
  return {
    applicationId: keys.applicationId,
    applicationName: 'Sandbox application',
    urls: { root, api, onboard: `${root}apps/saas/`, jwks: `${api}jwks/oauth` },
    contracts: makeContracts(keys),
    platformKey: keys.platform,
    redirectUris: new RedirectUris(options.callbacks ?? [], state.callbacks),
    state,
    clock: new Clock(state.settings, options.now ?? Date.now),
    lifetimes: {
      accessTokenMs: (options.accessTokenSeconds ?? 3600) * 1000,
      refreshTokenMs: (options.refreshTokenSeconds ?? 30 * 86_400) * 1000,
      codeMs: (options.codeSeconds ?? 600) * 1000,
      sessionMs: 3_600_000,
      slowMs: options.slowMs ?? 10_000,
    },
  };
}
