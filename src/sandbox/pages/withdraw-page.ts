import { Router } from 'express';
import { findSource } from '../discovery/sources.js';
import type { Platform } from '../platform.js';
import type { Account, Withdrawal } from '../state/records.js';
import type { Fields } from './consent-visit.js';
import { fieldsOf } from './fields.js';
import { renderPage } from './render-page.js';
import { languageOf } from './words.js';

/** The provider's own page, on which a person withdraws the permission that an account stands for, or keeps it. */
export function withdrawPage(platform: Platform): Router {
  const router = Router();
  router.get('/provider/revoke', (request, response) => show(fieldsOf(request.query), response, 200));
  router.post('/provider/revoke', (request, response) => {
    const fields = fieldsOf(request.body);
    const open = openWithdrawal(platform, fields);
    const decided = fields.decision === 'allow' || fields.decision === 'cancel';
    if ('why' in open || !decided) return show(fields, response, 400);
    return response.redirect(303, settle(platform, open, fields.decision === 'allow'));
  });
  return router;

  function show(fields: Fields, response: Parameters<typeof renderPage>[0], status: number): Promise<void> {
    const open = openWithdrawal(platform, fields);
    const language = languageOf(fields.lng);
    const { words } = language;
    if ('why' in open) {
      const { status, title, text } = {
        unknown: { status: 404, title: words.unknownTitle, text: words.unknownText },
        used: { status: 409, title: words.usedTitle, text: words.withdrawUsed },
        expired: { status: 410, title: words.expiredTitle, text: words.expiredText },
      }[open.why];
      const link = open.redirectUri && { href: `${new URL(open.redirectUri).origin}/`, text: words.goBack };
      return renderPage(response, status, 'notice', { ...language, title, text, link });
    }
    const { account, withdrawal } = open;
    const { origin } = new URL(withdrawal.redirectUri);
    const model = {
      ...language,
      title: words.withdrawTitle,
      providerName: findSource(account.sourceId)?.name,
      applicationName: platform.applicationName,
      origin,
      code: withdrawal.code,
      lng: fields.lng,
    };
    return renderPage(response, status, 'withdraw', model, origin);
  }
}

interface OpenWithdrawal {
  withdrawal: Withdrawal;
  account: Account;
}

interface ClosedWithdrawal {
  why: 'unknown' | 'used' | 'expired';
  redirectUri?: string;
}

function openWithdrawal({ state, clock }: Platform, fields: Fields): OpenWithdrawal | ClosedWithdrawal {
  const withdrawal = state.withdrawals.get(fields.code ?? '');
  const account = withdrawal && state.accounts.get(withdrawal.accountId);
  if (!withdrawal || !account) return { why: 'unknown' };
  const { redirectUri } = withdrawal;
  if (withdrawal.settled) return { why: 'used', redirectUri };
  if (withdrawal.expiresAt <= clock.aged()) return { why: 'expired', redirectUri };
  return { withdrawal, account };
}

function settle(
  { state, clock }: Platform,
  { withdrawal, account }: OpenWithdrawal,
  withdrawn: boolean,
): string {
  state.withdrawals.put(withdrawal.code, { ...withdrawal, settled: true });
  const url = new URL(withdrawal.redirectUri);
  url.searchParams.set('result', withdrawn ? 'success' : 'failed');
  if (withdrawn) state.accounts.put(account.id, { ...account, authorized: false, updatedAt: clock.real() });
  else url.searchParams.set('error_message', 'The user kept the permission');
  return url.href;
}
