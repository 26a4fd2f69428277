import { findSource } from '../discovery/sources.js';
import { categoryOf } from '../discovery/wire-source.js';
import { personOf } from '../identity/people.js';
import type { Platform } from '../platform.js';
import { randomHex } from '../random.js';
import type { Account } from './records.js';

/** A user's accounts, oldest first. */
export function accountsOf({ state }: Platform, userId: string): Account[] {
  return state.accounts.where((account) => account.userId === userId);
}

/**
 * The user's account at this source, made where there is none; `sourceId` null is the library itself, which every
 * consent without a source refers to. Choosing a source again authorizes its account again.
 */
export function ensureAccount(platform: Platform, userId: string, sourceId: number | null): Account {
  const now = platform.clock.real();
  const found = accountsOf(platform, userId).find((account) => account.sourceId === sourceId);
  const account: Account = found ?? {
    id: `40_${randomHex(16)}`,
    reference: randomHex(16),
    userId,
    type: findSource(sourceId)?.type === 'push' ? 'PUSH' : 'USER',
    sourceId,
    createdAt: now,
    updatedAt: now,
    authorized: true,
  };
  return platform.state.accounts.put(account.id, { ...account, authorized: true, updatedAt: now });
}

/** An account as `GET permission-access/accounts` shows it (protocol.md, "The callback"); dates in milliseconds. */
export function wireAccount(platform: Platform, account: Account) {
  const source = findSource(account.sourceId);
  const category = source && categoryOf(source);
  const assets = `${platform.urls.onboard}assets/`;
  return {
    id: account.id,
    reference: account.reference,
    type: account.type,
    createdDate: account.createdAt,
    updatedDate: account.updatedAt,
    serviceGroupId: category?.id ?? 0,
    serviceGroupName: category?.name ?? 'Library',
    serviceTypeId: source?.id ?? 0,
    serviceTypeName: source?.name ?? platform.applicationName,
    serviceTypeReference: source?.reference ?? 'library',
    sourceId: source?.id ?? 0,
    username: personOf(platform.state.libraries.get(account.userId)).name,
    ...(source && { serviceProviderName: source.name, providerLogo: `${assets}source-${source.id}.svg` }),
    accessTokenStatus: { authorized: account.authorized },
  };
}
