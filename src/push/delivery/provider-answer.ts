/** One remark of a FHIR `OperationOutcome`, cut to what a page can show. */
export interface AnswerIssue {
  /** `fatal`, `error`, `warning` or `information`; whatever else the provider wrote. */
  severity: string;
  message: string;
  /** Where in the bundle, as the provider writes it. */
  place?: string;
}

/** What the provider said about one entry of the bundle; entries answer in the order they were sent in. */
export interface AnswerEntry {
  index: number;
  /** HTTP status of the entry, for example `201 Created`; empty where the provider gave none. */
  status: string;
  outcome: 'accepted' | 'refused' | 'unknown';
  location?: string;
  issues: AnswerIssue[];
}

/** A provider's answer, read for people. */
export interface ProviderAnswer {
  /** At most 200 of them, refused ones first to be kept; `entryCount` counts all. */
  entries: AnswerEntry[];
  entryCount: number;
  refusedCount: number;
  /** Remarks on the whole. */
  issues: AnswerIssue[];
  /** Whether the provider refused the whole or a part of it, whatever the status of the request was. */
  hasRefusals: boolean;
  /** Whether it refused the whole: every entry, or the request itself. */
  refusedAll: boolean;
}

const maxShown = 200;

type Fields = Readonly<Record<string, unknown>>;
// Not the bundle check's own: its whole room would be loaded with each start.
const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): Fields[] => (Array.isArray(value) ? value.filter(isFields) : []);
const textOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 500) : '');
const isGrave = ({ severity }: AnswerIssue) => severity === 'error' || severity === 'fatal';

/**
 * Reads a FHIR answer: a `batch-response` or `transaction-response` entry by entry (the platform gives one status for
 * the whole request; an entry's failure is in here only), or an `OperationOutcome`. The answer is the provider's:
 * nothing in it is relied on to have the right shape.
 * @returns `undefined` for an answer that is neither
 */
export function readProviderAnswer(response: unknown): ProviderAnswer | undefined {
  if (!isFields(response)) return undefined;
  if (response.resourceType === 'OperationOutcome') {
    const issues = readIssues(response);
    const hasRefusals = issues.some(isGrave);
    return { entries: [], entryCount: 0, refusedCount: 0, issues, hasRefusals, refusedAll: hasRefusals };
  }
  if (response.resourceType !== 'Bundle') return undefined;
  const all = listOf(response.entry).map(readEntry);
  const refused = all.filter(({ outcome }) => outcome === 'refused');
  const shown =
    all.length <= maxShown ? all : [...refused, ...all.filter((entry) => entry.outcome !== 'refused')];
  return {
    entries: shown.slice(0, maxShown).sort((one, other) => one.index - other.index),
    entryCount: all.length,
    refusedCount: refused.length,
    issues: [],
    hasRefusals: refused.length > 0,
    refusedAll: refused.length > 0 && refused.length === all.length,
  };
}

function readEntry(entry: Fields, index: number): AnswerEntry {
  const response = isFields(entry.response) ? entry.response : {};
  const status = textOf(response.status).slice(0, 60);
  const location = textOf(response.location);
  const outcome = isFields(response.outcome) ? response.outcome : entry.resource;
  const issues = isFields(outcome) && outcome.resourceType === 'OperationOutcome' ? readIssues(outcome) : [];
  return { index, status, outcome: verdictOn(status, issues), ...(location && { location }), issues };
}

function verdictOn(status: string, issues: AnswerIssue[]): AnswerEntry['outcome'] {
  if (/^[23]\d\d\b/.test(status)) return 'accepted';
  if (/^\d\d\d\b/.test(status) || issues.some(isGrave)) return 'refused';
  return 'unknown';
}

function readIssues(outcome: Fields): AnswerIssue[] {
  return listOf(outcome.issue)
    .slice(0, 50)
    .map((issue) => {
      const details = isFields(issue.details) ? issue.details : {};
      const places = [issue.expression, issue.location].find(Array.isArray) ?? [];
      const place = textOf(places[0]);
      return {
        severity: textOf(issue.severity).slice(0, 20),
        message: textOf(issue.diagnostics) || textOf(details.text) || textOf(issue.code),
        ...(place && { place }),
      };
    });
}
