import { createHash } from 'node:crypto';
import type { KeyPair, SandboxKeys } from './keys.js';

export type ContractRole = 'write' | 'provider' | 'read' | 'refused';

export interface Contract extends KeyPair {
  id: string;
  role: ContractRole;
  name: string;
  /** digi.me's own letters: a contract writes or reads, never both. */
  accessType: 'w' | 'r';
}

const terms: Record<ContractRole, { name: string; accessType: 'w' | 'r' }> = {
  write: { name: 'Push files to your library', accessType: 'w' },
  provider: { name: 'Push health data to a provider', accessType: 'w' },
  read: { name: 'Read back what was pushed', accessType: 'r' },
  refused: { name: 'A contract that is always refused', accessType: 'w' },
};

const contractRoles: ContractRole[] = ['write', 'provider', 'read', 'refused'];

/** The contracts out of the box. Ids look like digi.me's and follow from the keys, so they last as long as those. */
export function makeContracts(keys: SandboxKeys): Contract[] {
  return contractRoles.map((role) => {
    const pair = keys.contracts[role];
    const id = createHash('sha256').update(`${role}:${pair.publicKey}`).digest('base64url');
    return { id: id.replace(/[^A-Za-z0-9]/g, '0').slice(0, 32), role, ...terms[role], ...pair };
  });
}
