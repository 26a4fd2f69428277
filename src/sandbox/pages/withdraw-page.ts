import { Router } from 'express';
import { findSource } from '../discovery/sources.js';
import { personOf } from '../identity/people.js';
import { destinationOf } from '../identity/redirect-uris.js';
import type { Platform } from '../platform.js';
import type { Account, Withdrawal } from '../state/records.js';
import { applicationUrl } from './consent-pages.js';
import { type Fields, fieldsOf, renderNotice, renderPage, type Visitor, visitorOf } from './render-page.js';
import { fill } from './words.js';

/** The provider's own page, on which a person withdraws the permission that an account stands for, or keeps it. */
export function withdrawPage(platform: Platform): Router {
  const router = Router();
  router.get('/provider/revoke', (request, response) => {
    const fields = fieldsOf(request.query);
    return showWithdrawal(platform, visitorOf(request, response, fields), fields, 200);
  });
  router.post('/provider/revoke', (request, response) => {
    const fields = fieldsOf(request.body);
    const open = openWithdrawal(platform, fields);
    const decided = fields.decision === 'allow' || fields.decision === 'cancel';
    if ('why' in open || !decided) {
      return showWithdrawal(platform, visitorOf(request, response, fields), fields, 400);
    }
    return response.redirect(303, settle(platform, open, fields.decision === 'allow'));
  });
  return router;
}

/** The page, or what stands in its way with a status of its own. */
function showWithdrawal(platform: Platform, visitor: Visitor, fields: Fields, status: number): Promise<void> {
  const open = openWithdrawal(platform, fields);
  const { words } = visitor;
  if ('why' in open) {
    const { status, title, text } = {
      unknown: { status: 404, title: words.unknownTitle, text: words.unknownText },
      used: { status: 409, title: words.usedTitle, text: words.withdrawUsed },
      expired: { status: 410, title: words.expiredTitle, text: words.expiredText },
    }[open.why];
    const link = open.redirectUri
      ? { href: applicationUrl(open.redirectUri), text: words.goBack }
      : undefined;
    return renderNotice(visitor, status, { title, text, link });
  }
  const { account, withdrawal } = open;
  const provider = findSource(account.sourceId)?.name ?? '';
  const formTarget = destinationOf(withdrawal.redirectUri);
  const model = {
    title: words.withdrawTitle,
    text: fill(words.withdrawText, { app: platform.applicationName, provider }),
    providerName: provider,
    personName: personOf(platform.state.libraries.get(account.userId)).name,
    origin: formTarget,
    code: withdrawal.code,
    lng: fields.lng,
  };
  return renderPage(visitor, status, 'withdraw', model, { formTarget });
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

/** A permission that was kept comes back as failed, with a code for its message (protocol.md, "What real clients send and demand"). */
function settle(
  { state, clock }: Platform,
  { withdrawal, account }: OpenWithdrawal,
  withdrawn: boolean,
): string {
  state.withdrawals.put(withdrawal.code, { ...withdrawal, settled: true });
  const url = new URL(withdrawal.redirectUri);
  url.searchParams.set('result', withdrawn ? 'success' : 'failed');
  if (withdrawn) state.accounts.put(account.id, { ...account, authorized: false, updatedAt: clock.real() });
  else url.searchParams.set('error_message', 'USER_CANCEL');
  return url.href;
}
