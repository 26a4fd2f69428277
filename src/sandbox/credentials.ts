import { sources } from './discovery/sources.js';
import type { ContractRole } from './identity/contracts.js';
import type { Platform } from './platform.js';

export interface SandboxCredentials {
  applicationId: string;
  baseUrl: string;
  onboardUrl: string;
  jwksUrl: string;
  contracts: {
    id: string;
    role: ContractRole;
    name: string;
    accessType: 'w' | 'r';
    /** PEM, PKCS#1. */
    privateKey: string;
    redirectUris: string[];
  }[];
  /** `id` is what `service=` in an authorization URL and the field `service` of the consent page take. */
  sources: { id: number; name: string; type: 'pull' | 'push'; medmij: boolean }[];
}

/** All that a client needs to be pointed at this sandbox. */
export function credentialsOf(platform: Platform): SandboxCredentials {
  return {
    applicationId: platform.applicationId,
    baseUrl: platform.urls.api,
    onboardUrl: platform.urls.onboard,
    jwksUrl: platform.urls.jwks,
    contracts: platform.contracts.map(({ id, role, name, accessType, privateKey }) => ({
      id,
      role,
      name,
      accessType,
      privateKey,
      redirectUris: platform.redirectUris.registered(),
    })),
    sources: sources.map(({ id, name, type, medmij }) => ({ id, name, type, medmij })),
  };
}
