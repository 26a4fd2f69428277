/** What digi.me says about a file, in our spelling and at bounded length. Everything in it was written by somebody else. */
export interface FileDetails {
  readonly mimeType?: string;
  readonly accountIds: readonly string[];
  readonly reference: readonly string[];
  readonly tags: readonly string[];
  /** The application and the contract that pushed it. */
  readonly applicationId?: string;
  readonly contractId?: string;
  /** Unix milliseconds. */
  readonly createdAt?: number;
}

const maxEntries = 50;
const maxCharacters = 500;

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.slice(0, maxCharacters) : undefined;

const textsOf = (value: unknown): string[] =>
  Array.isArray(value)
    ? value
        .map(textOf)
        .filter((text) => text !== undefined)
        .slice(0, maxEntries)
    : [];

/** Unix milliseconds of a date as number or ISO 8601 text; `undefined` for anything else. */
export function timeOf(value: unknown): number | undefined {
  const time = typeof value === 'string' ? Date.parse(value) : value;
  return typeof time === 'number' && Math.abs(time) <= 8.64e15 ? time : undefined;
}

/** Reads raw metadata as `protocol.md` ("Calls") gives them: in lower case; the spelling of the descriptor is taken too. */
export function detailsOf(metadata: Record<string, unknown>): FileDetails {
  const byName = new Map(Object.entries(metadata).map(([name, value]) => [name.toLowerCase(), value]));
  const accounts = byName.get('accounts');
  const mimeType = textOf(byName.get('mimetype'))?.toLowerCase();
  const applicationId = textOf(byName.get('appid'));
  const contractId = textOf(byName.get('contractid'));
  const createdAt = timeOf(byName.get('created'));
  return {
    accountIds: textsOf(
      Array.isArray(accounts) ? accounts.map((account) => account?.accountid ?? account?.accountId) : [],
    ),
    reference: textsOf(byName.get('reference')),
    tags: textsOf(byName.get('tags')),
    ...(mimeType && { mimeType }),
    ...(applicationId && { applicationId }),
    ...(contractId && { contractId }),
    ...(createdAt !== undefined && { createdAt }),
  };
}
