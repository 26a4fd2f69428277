import type { Call } from '../call.js';

const yearMs = 365 * 86_400_000;

/** `GET permission-access/contract`: the calling contract, about itself. */
export function contract({ platform, contract: calling }: Call) {
  return {
    id: calling.id,
    accessType: calling.accessType,
    application: {
      id: platform.applicationId,
      name: platform.applicationName,
      resources: [
        { mimetype: 'image/svg+xml', type: 'logo', url: `${platform.urls.onboard}assets/source-9101.svg` },
      ],
      status: 'active',
    },
    certificate: calling.publicKey,
    certificateContractSchemaVersion: 5,
    expirationDate: platform.clock.real() + 10 * yearMs,
    partnerId: 'sandbox-partner',
    type: calling.name,
  };
}
