import type { Translate } from '../web/index.js';
import type { Step } from './step.js';
import { type StepView, viewOf } from './step-view.js';

/** A row of the inspector's page. */
export type StepRow = StepView & {
  /** 1 to 100: how long it took, on a logarithmic scale from a millisecond to a minute. */
  bar?: number;
  /** Milliseconds since the first step that is kept. */
  offsetMs: number;
  /** Milliseconds in which nothing happened before it, where they were many: somebody was reading or deciding. */
  pauseMs?: number;
};

const worthMentioningMs = 3000;
const fullBarMs = 60_000;

/** Makes rows of the steps of a journey from index `from` on. */
export function rowsOf(steps: readonly Step[], from: number, t: Translate): StepRow[] {
  const before = steps[from - 1];
  const startedAt = steps[0]?.at ?? 0;
  let previousEnd = before && endOf(before);
  return steps.slice(from).map((step) => {
    const pauseMs = previousEnd === undefined ? 0 : step.at - previousEnd;
    previousEnd = Math.max(previousEnd ?? 0, endOf(step));
    return {
      ...viewOf(step, t),
      // What is recorded when it ends may have begun before the first one.
      offsetMs: Math.max(0, step.at - startedAt),
      ...(step.kind === 'exchange' && { bar: barOf(step.exchange.durationMs) }),
      ...(pauseMs >= worthMentioningMs && { pauseMs }),
    };
  });
}

/** Logarithmic, so that a call of 4 ms and an answer that was waited for a minute can both be seen. */
function barOf(durationMs: number): number {
  const share = Math.log10(1 + Math.max(0, durationMs)) / Math.log10(1 + fullBarMs);
  return Math.max(1, Math.min(100, Math.round(share * 100)));
}

function endOf(step: Step): number {
  return step.at + (step.kind === 'exchange' ? step.exchange.durationMs : 0);
}
