import type { SandboxCredentials } from './sandbox/index.js';
import type { Platform } from './start-app.js';

/**
 * A sandbox's credentials, of this process or fetched from another one, as the platform that the app talks to.
 * @throws Error when it has no contract for one of the app's roles
 */
export function sandboxPlatform(credentials: SandboxCredentials, sandboxUrl: string): Platform {
  const contract = (role: string) => {
    const found = credentials.contracts.find((entry) => entry.role === role);
    if (found === undefined) throw new Error(`the sandbox at ${sandboxUrl} has no contract for ${role}`);
    return { contractId: found.id, privateKey: found.privateKey };
  };
  return {
    applicationId: credentials.applicationId,
    baseUrl: credentials.baseUrl,
    onboardUrl: credentials.onboardUrl,
    contracts: { library: contract('write'), provider: contract('provider'), read: contract('read') },
    sandboxUrl,
  };
}
