import type { ContractDetails, Contracts } from '../config/index.js';
import { AppError } from '../errors.js';
import type { ConnectionType } from './connections.js';

/** The contract for a kind of connection. @throws AppError ReadContractMissing, ContractMissing */
export function contractFor(contracts: Contracts, type: ConnectionType): ContractDetails {
  const contract = contracts[type];
  if (contract === undefined) throw new AppError(type === 'read' ? 'ReadContractMissing' : 'ContractMissing');
  return contract;
}
