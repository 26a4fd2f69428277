import { findSource } from '../../discovery/sources.js';
import { randomToken } from '../../random.js';
import { Refusal } from '../../refusal.js';
import type { Call } from '../call.js';
import { requireAccount } from './require-account.js';

/** `GET permission-access/revoke/h:accountId`: where the person withdraws the permission, at the provider's own page. */
export function revoke(call: Call) {
  const { platform, request } = call;
  const { account } = requireAccount(call);
  const redirectUri = request.get('redirecturi');
  if (!redirectUri) throw new Refusal('InvalidRequest', 'the header redirectUri is missing');
  platform.redirectUris.requireRegistered(redirectUri, call.contract.id);
  if (!findSource(account.sourceId)?.medmij) {
    throw new Refusal(
      'InvalidRequest',
      'only the permission of a MedMij account is withdrawn at its provider',
    );
  }
  const code = `revoke-${randomToken()}`;
  const expiresAt = platform.clock.aged() + platform.lifetimes.codeMs;
  platform.state.withdrawals.put(code, {
    code,
    accountId: account.id,
    redirectUri,
    expiresAt,
    settled: false,
  });
  return { location: `${platform.urls.onboard}provider/revoke?code=${code}` };
}
