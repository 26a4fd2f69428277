import type { Request, Response } from 'express';
import { findSource } from '../discovery/sources.js';
import { personOf } from '../identity/people.js';
import type { Platform } from '../platform.js';
import { accountsOf } from '../state/accounts.js';
import type { Delivery, Library, StoredFile } from '../state/records.js';
import { fieldsOf, renderPage, type Visitor, visitorOf } from './render-page.js';
import { fill, type Language, type Words } from './words.js';

const shownLibraries = 20;
const shownItems = 50;

interface Item {
  /** Which picture stands before it. */
  look: 'document' | 'picture' | 'table' | 'text' | 'records' | 'bundle' | 'file';
  title: string;
  facts: string[];
  tags: string[];
  at: number;
}

/** `GET /sandbox/library` for people: whose libraries there are and what has arrived in them, newest first. */
export function showLibraries(platform: Platform, request: Request, response: Response): Promise<void> {
  const visitor = visitorOf(request, response, fieldsOf(request.query));
  const libraries = platform.state.libraries.all().reverse().slice(0, shownLibraries);
  const model = {
    title: visitor.words.libraryTitle,
    libraries: libraries.map((library) => libraryModel(platform, visitor, library)),
  };
  return renderPage(visitor, 200, 'library', model, { script: true });
}

function libraryModel(platform: Platform, { lang, words }: Visitor, library: Library) {
  const { state, urls } = platform;
  const { name } = personOf(library);
  const ofLibrary = ({ userId }: { userId: string }) => userId === library.userId;
  const language = { lang, words };
  const items = [
    ...state.files.where(ofLibrary).map((file) => fileItem(language, file)),
    ...state.deliveries.where(ofLibrary).map((delivery) => deliveryItem(platform, language, delivery)),
  ].sort((one, other) => other.at - one.at);
  return {
    id: `library-${library.userId}`,
    title: fill(words.libraryOf, { person: name }),
    initials: initialsOf(name),
    about: fill(words.since, { time: timeInWords(lang, library.createdAt) }),
    accounts: accountsOf(platform, library.userId).map(({ sourceId, authorized }) => {
      const source = findSource(sourceId);
      const logo = source && `${new URL(urls.onboard).pathname}assets/source-${source.id}.svg`;
      return { name: source?.name ?? words.libraryItself, logo, authorized };
    }),
    items: items.slice(0, shownItems),
    more: items.length > shownItems ? fill(words.more, { count: items.length - shownItems }) : undefined,
  };
}

function fileItem({ lang, words }: Language, file: StoredFile): Item {
  const { descriptor, fetched, size, count, receivedAt, updatedAt } = file;
  const { look, word } = kindOf(descriptor.mimeType);
  const own = descriptor.reference?.[0];
  const title = fetched
    ? `${fetched.serviceName}: ${fill(words.records, { count: fetched.objectCount, type: recordsInWords(words, fetched.objectType) })}`
    : (own ?? words[word]);
  return {
    look: fetched ? 'records' : look,
    title,
    facts: [
      ...(own && !fetched ? [words[word]] : []),
      sizeInWords(lang, size),
      timeInWords(lang, receivedAt),
      ...(count > 1 ? [fill(words.times, { count })] : []),
    ],
    tags: (descriptor.tags ?? []).slice(0, 8),
    at: updatedAt,
  };
}

function deliveryItem({ state }: Platform, { lang, words }: Language, delivery: Delivery): Item {
  const { accountId, size, count, receivedAt } = delivery;
  const provider = findSource(state.accounts.get(accountId)?.sourceId ?? null)?.name ?? words.provider;
  return {
    look: 'bundle',
    title: fill(words.sentTo, { provider }),
    facts: [
      words.kindBundle,
      sizeInWords(lang, size),
      timeInWords(lang, receivedAt),
      ...(count > 1 ? [fill(words.times, { count })] : []),
    ],
    tags: [],
    at: receivedAt,
  };
}

function recordsInWords(words: Words, objectType: string): string {
  const key = `type.${objectType}`;
  return key in words ? words[key as keyof Words] : objectType;
}

const kinds: [pattern: RegExp, look: Item['look'], word: keyof Words][] = [
  [/^application\/pdf/, 'document', 'kindPdf'],
  [/^image\//, 'picture', 'kindImage'],
  [/csv|spreadsheet|excel/, 'table', 'kindTable'],
  [/fhir/, 'bundle', 'kindBundle'],
  [/^text\//, 'text', 'kindText'],
];

function kindOf(mimeType: string): { look: Item['look']; word: keyof Words } {
  const [, look, word] = kinds.find(([pattern]) => pattern.test(mimeType)) ?? [/./, 'file', 'kindFile'];
  return { look, word };
}

function initialsOf(name: string): string {
  const words = name.split(' ');
  return `${words[0]?.charAt(0) ?? ''}${words.at(-1)?.charAt(0) ?? ''}`;
}

function timeInWords(lang: string, at: number): string {
  return new Intl.DateTimeFormat(lang, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at));
}

const sizeUnits = [
  ['megabyte', 1_000_000],
  ['kilobyte', 1000],
  ['byte', 1],
] as const;

function sizeInWords(lang: string, bytes: number): string {
  const [unit, size] = sizeUnits.find(([, size]) => bytes >= size) ?? sizeUnits[2];
  const digits = unit === 'megabyte' ? 1 : 0;
  return new Intl.NumberFormat(lang, {
    style: 'unit',
    unit,
    unitDisplay: unit === 'byte' ? 'long' : 'short',
    maximumFractionDigits: digits,
  }).format(bytes / size);
}
