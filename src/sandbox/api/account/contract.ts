import type { Contract } from '../../identity/contracts.js';
import type { Platform } from '../../platform.js';
import { Refusal } from '../../refusal.js';
import type { Call } from '../call.js';

const yearMs = 365 * 86_400_000;

/** `GET permission-access/contract`: the calling contract, about itself. */
export function contract({ platform, contract: calling }: Call) {
  return wireContract(platform, calling);
}

/**
 * `GET permission-access/contract/{contractId}/{applicationId}`: the same for whoever knows both ids, unsigned, as the
 * iOS SDK asks for it.
 */
export function publicContract(platform: Platform, contractId: unknown, applicationId: unknown) {
  const found = platform.contracts.find(({ id }) => id === contractId);
  if (!found || applicationId !== platform.applicationId) {
    throw new Refusal('NotFound', 'no contract with this id in an application with this id');
  }
  return wireContract(platform, found);
}

function wireContract(platform: Platform, { id, accessType, publicKey, name }: Contract) {
  return {
    id,
    accessType,
    application: {
      id: platform.applicationId,
      name: platform.applicationName,
      resources: { mimetype: 'image/svg+xml', url: `${platform.urls.onboard}assets/source-9101.svg` },
      status: 1,
    },
    certificate: publicKey,
    certificateContractSchemaVersion: '5.0.0',
    expirationDate: platform.clock.real() + 10 * yearMs,
    partnerId: 'sandbox-partner',
    type: name,
  };
}
