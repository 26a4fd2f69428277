import { findSource, type Source, searchSources } from '../discovery/sources.js';
import { contractById, type Platform } from '../platform.js';
import { accountsOf } from '../state/accounts.js';
import type { Account, Consent } from '../state/records.js';
import type { Words } from './words.js';

export type ConsentPage = 'authorize' | 'onboard' | 'user-reauth' | 'reauthorize';

/** What came in the address or the form, strings only; what is missing is `undefined`. */
export type Fields = Partial<Record<string, string>>;

export interface Visit {
  page: ConsentPage;
  consent: Consent;
  sourceType: 'pull' | 'push';
  /** Whether the person has to, may or cannot choose a source. */
  choice: 'required' | 'optional' | 'none';
  sources: Source[];
  service: Source | undefined;
  /** The account that is connected again, on the page for that. */
  account: Account | undefined;
}

export type Obstacle =
  | { why: 'unknown' }
  | { why: 'used' | 'expired'; consent: Consent }
  | { why: 'refused'; consent: Consent; text: keyof Words };

/** Finds out what a person's visit to one of the consent pages is about, or what stands in its way. */
export function openVisit(platform: Platform, page: ConsentPage, fields: Fields): Visit | Obstacle {
  const consent = platform.state.consents.get(fields.code ?? '');
  if (!consent || (consent.kind === 'authorize') !== (page === 'authorize')) return { why: 'unknown' };
  if (page === 'user-reauth' && consent.challenge === null) return { why: 'unknown' };
  if (consent.settled) return { why: 'used', consent };
  if (consent.expiresAt <= platform.clock.aged()) return { why: 'expired', consent };
  if (consent.userId !== null && !platform.state.libraries.get(consent.userId)) return { why: 'unknown' };

  const { sourceType = 'pull' } = fields;
  if (sourceType !== 'pull' && sourceType !== 'push')
    return { why: 'refused', consent, text: 'refusedSourceType' };
  const reads = contractById(platform, consent.contractId).accessType === 'r';
  if (reads && sourceType === 'push') return { why: 'refused', consent, text: 'refusedReadPush' };
  const account =
    page === 'reauthorize' ? accountByReference(platform, consent, fields.accountRef) : undefined;
  if (page === 'reauthorize' && !account) return { why: 'refused', consent, text: 'refusedAccount' };

  const service = findSource(Number(fields.service));
  return {
    page,
    consent,
    sourceType,
    choice: choiceOf(page, sourceType, reads),
    sources: searchSources(sourceType, fields.q),
    service: service?.type === sourceType ? service : undefined,
    account,
  };
}

function choiceOf(page: ConsentPage, sourceType: 'pull' | 'push', reads: boolean): Visit['choice'] {
  if (page === 'onboard') return 'required';
  if (page !== 'authorize') return 'none';
  if (sourceType === 'push') return 'required';
  return reads ? 'optional' : 'none';
}

function accountByReference(
  platform: Platform,
  { userId }: Consent,
  reference?: string,
): Account | undefined {
  return userId === null
    ? undefined
    : accountsOf(platform, userId).find((account) => account.reference === reference);
}
