/** An entry of one of the lists that sources refer to. */
export interface ListEntry {
  id: number;
  name: string;
  reference: string;
  /** ISO 3166-1 alpha-2, countries only. */
  code?: string;
}

/** Kinds of sources; a category is also the service group of its accounts and records. */
export const categories = [
  { id: 1, name: 'Social', reference: 'social' },
  { id: 2, name: 'Health & Fitness', reference: 'health-fitness' },
  { id: 3, name: 'Medical', reference: 'medical' },
  { id: 4, name: 'Finance', reference: 'finance' },
  { id: 5, name: 'Music & Entertainment', reference: 'entertainment' },
  { id: 6, name: 'Shopping', reference: 'shopping' },
] as const satisfies ListEntry[];

export const countries = [
  { id: 1, name: 'Netherlands', reference: 'netherlands', code: 'NL' },
  { id: 2, name: 'United Kingdom', reference: 'united-kingdom', code: 'GB' },
  { id: 3, name: 'Belgium', reference: 'belgium', code: 'BE' },
  { id: 4, name: 'Germany', reference: 'germany', code: 'DE' },
  { id: 5, name: 'Iceland', reference: 'iceland', code: 'IS' },
  { id: 6, name: 'United States', reference: 'united-states', code: 'US' },
] as const satisfies ListEntry[];

export const platforms = [
  { id: 1, name: 'Web', reference: 'web' },
  { id: 2, name: 'Android', reference: 'android' },
  { id: 3, name: 'iOS', reference: 'ios' },
] as const satisfies ListEntry[];

/** Their ids are protocol.md's, "Calls". */
export const sourceTypes = [
  { id: 1, name: 'pull', reference: 'pull' },
  { id: 2, name: 'push', reference: 'push' },
] as const satisfies ListEntry[];

export type CategoryReference = (typeof categories)[number]['reference'];
export type CountryCode = (typeof countries)[number]['code'];
export type PlatformReference = (typeof platforms)[number]['reference'];
