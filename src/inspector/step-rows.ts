import type { Translate } from '../web/index.js';
import type { Step } from './step.js';
import { type StepView, viewOf } from './step-view.js';
import { type Bar, type TimeAxis, timeAxisOf } from './time-axis.js';

/** A row of the inspector's page. */
export type StepRow = StepView & {
  /** Where it stands on the time axis of its page, if that has one. */
  bar?: Bar;
  /** Milliseconds since the axis begins. */
  offsetMs?: number;
  /** The number of the newest step before it that was the same call. */
  sameCallBefore?: number;
  /** What it belongs to: an authorization, one push, reading back, or nothing of these. */
  action: Action;
  /** The same for all rows of one action. */
  actionKey: string;
  /** Whether it says what it belongs to; of a group only the first does (`groupRows`). */
  beginsAction: boolean;
  /** Milliseconds in which nothing happened before it, where they were many: somebody was reading or deciding. */
  pauseMs?: number;
};

/** `push` is the id of the push. */
export type Action =
  | { readonly kind: 'connect' | 'read' | 'other' }
  | { readonly kind: 'push'; readonly push: string };

/** Which rows are wanted; what is not named does not matter. */
export interface RowFilter {
  readonly call?: string | undefined;
  readonly result?: string | undefined;
  readonly push?: string | undefined;
  /** In whatever case, anywhere in what the row says. */
  readonly text?: string | undefined;
}

const worthMentioningMs = 3000;

/** Makes rows of the steps of a journey from index `from` on. */
export function rowsOf(steps: readonly Step[], from: number, t: Translate): StepRow[] {
  const before = steps[from - 1];
  const newestOf = new Map<string, number>();
  const sameCallBefore = (step: Step) => {
    if (step.kind !== 'exchange') return undefined;
    const before = newestOf.get(step.exchange.call);
    newestOf.set(step.exchange.call, step.number);
    return before;
  };
  for (const step of steps.slice(0, from)) sameCallBefore(step);
  let previousEnd = before && endOf(before);
  let action = steps
    .slice(0, from)
    .reduce<Action | undefined>((last, step) => actionOf(step, last), undefined);
  return steps.slice(from).map((step) => {
    action = actionOf(step, action);
    const same = sameCallBefore(step);
    const pauseMs = previousEnd === undefined ? 0 : step.at - previousEnd;
    previousEnd = Math.max(previousEnd ?? 0, endOf(step));
    return {
      ...viewOf(step, t),
      ...{ action, actionKey: keyOf(action), beginsAction: true },
      ...(same !== undefined && { sameCallBefore: same }),
      ...(pauseMs >= worthMentioningMs && { pauseMs }),
    };
  });
}

/** Puts rows on a time axis that begins with the first of them. */
export function drawOnAxis(rows: readonly StepRow[]): { readonly axis: TimeAxis; readonly rows: StepRow[] } {
  const spanOf = ({ at, durationMs = 0 }: StepRow) => ({ start: at, end: at + durationMs });
  const axis = timeAxisOf(rows.map(spanOf));
  // What is recorded when it ends may have begun before the one that stands above it.
  const startedAt = rows.reduce((first, { at }) => Math.min(first, at), Number.POSITIVE_INFINITY);
  return {
    axis,
    rows: rows.map((row) => ({ ...row, bar: axis.barOf(spanOf(row)), offsetMs: row.at - startedAt })),
  };
}

/** The rows that a filter lets through. */
export function filterRows(rows: StepRow[], { call, result, push, text }: RowFilter): StepRow[] {
  const wanted = text?.toLowerCase();
  return rows.filter(
    (row) =>
      (call === undefined || row.call === call) &&
      (result === undefined || row.result === result) &&
      (push === undefined || (row.action.kind === 'push' && row.action.push === push)) &&
      (wanted === undefined || JSON.stringify(row).toLowerCase().includes(wanted)),
  );
}

const readingCalls = new Set([
  'readSession',
  'readFileList',
  'readFile',
  'readFileMetadata',
  'openFile',
  'readAllFiles',
]);
const connectingCalls = new Set([
  ...['getAuthorizeUrl', 'getReauthorizeUrl', 'getOnboardServiceUrl', 'getReauthorizeAccountUrl'],
  ...['exchangeCodeForToken', 'readAccounts'],
]);

const keyOf = (action: Action) => (action.kind === 'push' ? `push ${action.push}` : action.kind);

function actionOf(step: Step, last: Action = { kind: 'other' }): Action {
  if (step.kind === 'browser') {
    const { push } = step.facts;
    return push === undefined ? { kind: 'connect' } : { kind: 'push', push: String(push) };
  }
  if (step.push !== undefined) return { kind: 'push', push: step.push };
  const { call } = step.exchange;
  // Keys and refreshes are fetched for whatever is under way.
  if (call === 'jwks' || call === 'refreshToken') return last;
  if (readingCalls.has(call)) return { kind: 'read' };
  return { kind: connectingCalls.has(call) ? 'connect' : 'other' };
}

function endOf(step: Step): number {
  return step.at + (step.kind === 'exchange' ? step.exchange.durationMs : 0);
}
