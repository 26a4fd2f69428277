import type { Account } from '../digime/index.js';

/** `withdrawn` also stands for expired: digi.me says only that the account is not authorized. */
export type PermissionState = 'allowed' | 'withdrawn' | 'unknown';

/** An account as pages and scripts see it. Times are Unix milliseconds. */
export interface AccountView {
  id: string;
  name: string;
  kind: string;
  type?: string;
  username?: string;
  isSample: boolean;
  permission: PermissionState;
  expiresAt?: number;
  createdAt?: number;
  updatedAt?: number;
  links: { reauthorize: string; revoke: string; delete: string };
}

export function accountView(account: Account, now: number): AccountView {
  const { accessTokenStatus: status } = account;
  const expiresAt = timeOf(status?.expiresAt);
  const createdAt = timeOf(account.createdDate);
  const updatedAt = timeOf(account.updatedDate);
  const hasExpired = expiresAt !== undefined && expiresAt <= now;
  const self = `/accounts/${encodeURIComponent(account.id)}`;
  const text = (value: unknown) => (typeof value === 'string' ? value.slice(0, 200) : '');
  return {
    id: account.id,
    name: text(account.serviceProviderName) || text(account.serviceTypeName) || account.id,
    kind: text(account.serviceGroupName),
    ...(account.type !== undefined && { type: account.type }),
    ...(account.username !== undefined && { username: text(account.username) }),
    isSample: account.sample === true,
    permission:
      status?.authorized === undefined
        ? 'unknown'
        : status.authorized && !hasExpired
          ? 'allowed'
          : 'withdrawn',
    ...(expiresAt !== undefined && { expiresAt }),
    ...(createdAt !== undefined && { createdAt }),
    ...(updatedAt !== undefined && { updatedAt }),
    links: { reauthorize: `${self}/reauthorize`, revoke: `${self}/revoke`, delete: `${self}/delete` },
  };
}

/** Dates come as numbers or text; a number too small for milliseconds is in seconds. */
function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : value;
  if (typeof time !== 'number' || !Number.isFinite(time) || time <= 0) return undefined;
  const ms = time < 1e11 ? time * 1000 : time;
  return ms <= 8.64e15 ? ms : undefined;
}
