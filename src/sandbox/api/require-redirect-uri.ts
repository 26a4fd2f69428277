import { Refusal } from '../refusal.js';
import type { Call } from './call.js';

/**
 * @throws Refusal InvalidRedirectUri unless the callback is registered for the calling contract
 */
export function requireRedirectUri({ platform, contract }: Call, uri: string): void {
  if (platform.redirectUris.accepts(uri)) return;
  throw new Refusal(
    'InvalidRedirectUri',
    `redirect_uri is not registered for contract ${contract.id}: registered are ${platform.redirectUris.registered().join(', ')}`,
  );
}
