import type { Contract } from './identity/contracts.js';
import type { SandboxKeys } from './identity/keys.js';
import type { RedirectUris } from './identity/redirect-uris.js';
import type { Clock } from './state/clock.js';
import type { State } from './state/state.js';

/** What every route of the sandbox shares. */
export interface Platform {
  applicationId: string;
  applicationName: string;
  urls: { root: string; api: string; onboard: string; jwks: string };
  contracts: Contract[];
  platformKey: SandboxKeys['platform'];
  redirectUris: RedirectUris;
  state: State;
  clock: Clock;
  lifetimes: {
    accessTokenMs: number;
    refreshTokenMs: number;
    codeMs: number;
    sessionMs: number;
    /** How long the consent page takes to answer where "slow" was picked. */
    slowMs: number;
  };
}

/** The contract with this id; state never outlives the keys its contracts follow from, so a missing one is a fault. */
export function contractById(platform: Platform, id: string): Contract {
  const contract = platform.contracts.find((candidate) => candidate.id === id);
  if (!contract) throw new Error('a stored record names a contract that does not exist');
  return contract;
}
