import { findSource } from '../discovery/sources.js';
import { categoryOf } from '../discovery/wire-source.js';
import { people } from '../identity/people.js';
import { destinationOf } from '../identity/redirect-uris.js';
import { contractById, type Platform } from '../platform.js';
import { sampleDataSets } from '../samples/sample-records.js';
import type { Visit } from './consent-visit.js';
import type { Fields, Visitor } from './render-page.js';
import { outcomes } from './settle-consent.js';
import { fill, spanInWords, type Words } from './words.js';

/** What a form of the consent page carries on besides the fields that a person sees. */
const carried = [
  'lng',
  'accountRef',
  'triggerQuery',
  'includeSampleDataOnlySources',
  'sourcesScope',
  'sampleDataSet',
  'sampleDataAutoOnboard',
];
const outcomeWords: Record<(typeof outcomes)[number], keyof Words> = {
  allow: 'outcomeAllow',
  cancel: 'outcomeCancel',
  'wrong-state': 'outcomeWrongState',
  'expired-code': 'outcomeExpiredCode',
  slow: 'outcomeSlow',
  failed: 'outcomeFailed',
};

/** What the view `consent` shows of a visit. */
export function consentModel(platform: Platform, visitor: Visitor, visit: Visit, fields: Fields) {
  const { consent, page, person, service, sourceType } = visit;
  const { lang, words } = visitor;
  const contract = contractById(platform, consent.contractId);
  const reads = contract.accessType === 'r';
  const app = platform.applicationName;
  return {
    page,
    title: fill(words[titleOf(page, sourceType, reads)], { app }),
    whatItIs: fill(words.whatItIs, { app }),
    ...permissionOf(words, page, sourceType, reads),
    person: { ...person, about: aboutPerson(lang, words, person) },
    people: visit.isPersonFixed ? [] : people,
    howLong: fill(words.howLongText, { time: spanInWords(lang, platform.lifetimes.refreshTokenMs) }),
    isLibraryKnown: consent.userId !== null,
    accountName: visit.account && (findSource(visit.account.sourceId)?.name ?? words.libraryItself),
    origin: destinationOf(consent.redirectUri),
    choice: visit.choice,
    canAddSource: reads && page === 'authorize' && visit.choice === 'none',
    addSourceHref: `?${new URLSearchParams({ code: consent.code, lng: lang, q: '' })}`,
    sourceType,
    serviceName: service?.name,
    dataSet: visit.dataSet && sampleDataSets[visit.dataSet].name,
    sources: visit.sources.map((source) => ({
      id: source.id,
      name: source.name,
      group: categoryOf(source)?.name,
      selected: source.id === service?.id,
    })),
    search: fields.q ?? '',
    hidden: {
      code: consent.code,
      sourceType,
      ...(visit.choice === 'fixed' && { service: String(service?.id) }),
      ...Object.fromEntries(carried.map((name) => [name, fields[name]])),
    },
    facts: developerFacts(platform, words, visit, fields),
    outcomes: outcomes.map((value) => ({
      value,
      text: fill(words[outcomeWords[value]], { time: spanInWords(lang, platform.lifetimes.slowMs) }),
    })),
  };
}

function titleOf(page: Visit['page'], sourceType: 'pull' | 'push', reads: boolean): keyof Words {
  if (page === 'onboard') return 'askOnboard';
  if (page === 'user-reauth') return 'askUserReauth';
  if (page === 'reauthorize') return 'askReauthorize';
  if (sourceType === 'push') return 'askPush';
  return reads ? 'askRead' : 'askWrite';
}

/** What the contract lets the application do, and what it does not. */
function permissionOf(words: Words, page: Visit['page'], sourceType: 'pull' | 'push', reads: boolean) {
  if (sourceType === 'push') return { may: words.mayPush, mayNot: words.mayNotPush };
  if (page === 'onboard') return { may: words.mayOnboard, mayNot: undefined };
  return reads
    ? { may: words.mayRead, mayNot: words.mayNotRead }
    : { may: words.mayWrite, mayNot: words.mayNotWrite };
}

function aboutPerson(lang: string, words: Words, { birthDate, town }: Visit['person']): string {
  const date = new Intl.DateTimeFormat(lang, { dateStyle: 'long', timeZone: 'UTC' }).format(
    new Date(birthDate),
  );
  return fill(words.born, { date, town });
}

function developerFacts(platform: Platform, words: Words, visit: Visit, fields: Fields) {
  const { consent } = visit;
  const contract = contractById(platform, consent.contractId);
  const options = carried.filter((name) => name !== 'lng' && fields[name]);
  return [
    { name: words.application, value: platform.applicationId },
    { name: words.contract, value: `${contract.id} (${contract.role})` },
    { name: words.access, value: contract.accessType === 'r' ? words.accessRead : words.accessWrite },
    { name: words.callback, value: consent.redirectUri },
    { name: words.codeExpires, value: new Date(platform.clock.toWire(consent.expiresAt)).toISOString() },
    ...options.map((name) => ({ name, value: fields[name] ?? '' })),
    ...(visit.isScopeUnreadable ? [{ name: 'sourcesScope', value: words.unreadable }] : []),
  ];
}
