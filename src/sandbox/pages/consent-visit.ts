import { isSelected, type Selection, selectionShape } from '../discovery/catalogue-query.js';
import { findSource, isFoundBy, type Source, sources } from '../discovery/sources.js';
import { wireSource } from '../discovery/wire-source.js';
import { findPerson, type Person, people, personOf } from '../identity/people.js';
import { contractById, type Platform } from '../platform.js';
import { parseJson } from '../read-json.js';
import { isSampleDataSet, type SampleDataSet } from '../samples/sample-records.js';
import { accountsOf } from '../state/accounts.js';
import type { Account, Consent } from '../state/records.js';
import type { Fields } from './render-page.js';
import type { Words } from './words.js';

export type ConsentPage = 'authorize' | 'onboard' | 'user-reauth' | 'reauthorize';

export interface Visit {
  page: ConsentPage;
  consent: Consent;
  /** Who the person is; `isPersonFixed` where the library is somebody's already. */
  person: Person;
  isPersonFixed: boolean;
  sourceType: 'pull' | 'push';
  /** Whether the person has to, may or cannot choose a source; `fixed`: the application has chosen it. */
  choice: 'required' | 'optional' | 'fixed' | 'none';
  /** Those that the application wants to offer and that the search finds. */
  sources: Source[];
  service: Source | undefined;
  /** The account that is connected again, on the page for that. */
  account: Account | undefined;
  dataSet: SampleDataSet | undefined;
  /** Whether the address has a `sourcesScope` that is none. */
  isScopeUnreadable: boolean;
}

export type Obstacle =
  | { why: 'unknown' }
  | { why: 'used' | 'expired'; consent: Consent }
  | { why: 'refused'; consent: Consent; text: keyof Words };

/** Finds out what a person's visit to one of the consent pages is about, or what stands in its way. */
export function openVisit(platform: Platform, page: ConsentPage, fields: Fields): Visit | Obstacle {
  const { state } = platform;
  const consent = state.consents.get(fields.code ?? '');
  if (!consent || (consent.kind === 'authorize') !== (page === 'authorize')) return { why: 'unknown' };
  if (page === 'user-reauth' && consent.challenge === null) return { why: 'unknown' };
  if (consent.settled) return { why: 'used', consent };
  if (consent.expiresAt <= platform.clock.aged()) return { why: 'expired', consent };
  const library = consent.userId === null ? undefined : state.libraries.get(consent.userId);
  if (consent.userId !== null && !library) return { why: 'unknown' };

  const refused = (text: keyof Words): Obstacle => ({ why: 'refused', consent, text });
  // iOS leaves sourceType out: a service that is named says it as well.
  const sourceType = fields.sourceType || findSource(Number(fields.service))?.type || 'pull';
  if (sourceType !== 'pull' && sourceType !== 'push') return refused('refusedSourceType');
  const reads = contractById(platform, consent.contractId).accessType === 'r';
  if (reads && sourceType === 'push') return refused('refusedReadPush');
  const account =
    page === 'reauthorize' ? accountByReference(platform, consent, fields.accountRef) : undefined;
  if (page === 'reauthorize' && !account) return refused('refusedAccount');
  const dataSet = fields.sampleDataSet;
  if (dataSet && !isSampleDataSet(dataSet)) return refused('refusedDataSet');

  const scope = readScope(fields.sourcesScope);
  const offered = offeredSources(platform, sourceType, fields, scope === 'unreadable' ? {} : scope);
  const service = offered.find(({ id }) => id === Number(fields.service));
  const choice = choiceOf(page, sourceType, reads, fields);
  const isFixed = choice !== 'none' && service !== undefined && fields.sampleDataAutoOnboard === 'true';
  return {
    page,
    consent,
    person: library ? personOf(library) : (findPerson(fields.person) ?? nextPerson(platform)),
    isPersonFixed: library !== undefined,
    sourceType,
    choice: isFixed ? 'fixed' : choice,
    sources: offered.filter((source) => isFoundBy(source, fields.q)),
    service,
    account,
    dataSet: isSampleDataSet(dataSet) ? dataSet : undefined,
    isScopeUnreadable: scope === 'unreadable',
  };
}

function offeredSources(
  { urls }: Platform,
  type: Source['type'],
  { includeSampleDataOnlySources }: Fields,
  scope: Selection,
): Source[] {
  const withSamples = includeSampleDataOnlySources === 'true';
  return sources.filter(
    (source) =>
      source.type === type &&
      (withSamples || source.publishedStatus === 'approved') &&
      isSelected(wireSource(source, urls.onboard), scope),
  );
}

/**
 * `sourcesScope`: which sources to offer, as `query` of discovery/sources, as its `filter` alone, or as a body with
 * `query` in it. The Node SDK encodes it twice, others once.
 */
function readScope(text: string | undefined): Selection | 'unreadable' {
  if (!text) return {};
  for (const candidate of [text, decodedOnce(text)]) {
    try {
      const value = parseJson(candidate) as Record<string, unknown> | null;
      const query = value?.query ?? value;
      const selection = selectionShape.safeParse(
        typeof query === 'object' && query !== null && !('filter' in query) && !('search' in query)
          ? { filter: query }
          : query,
      );
      if (selection.success) return selection.data;
    } catch {
      // Not JSON in this form: perhaps in the other.
    }
  }
  return 'unreadable';
}

function decodedOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** What an application, or a person who follows the link for it, says of sources. */
const sourceFields = [
  'service',
  'q',
  'sourcesScope',
  'includeSampleDataOnlySources',
  'sampleDataSet',
] as const;

function choiceOf(
  page: ConsentPage,
  sourceType: 'pull' | 'push',
  reads: boolean,
  fields: Fields,
): Visit['choice'] {
  if (page === 'onboard') return 'required';
  if (page !== 'authorize') return 'none';
  if (sourceType === 'push') return 'required';
  return reads && sourceFields.some((name) => fields[name] !== undefined) ? 'optional' : 'none';
}

/** One after the other, so that libraries can be told apart without anybody choosing. */
function nextPerson({ state }: Platform): Person {
  return people[state.libraries.all().length % people.length] ?? people[0];
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
