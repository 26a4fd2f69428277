import type { Exchange } from '../digime/index.js';
import type { Translate } from '../web/index.js';
import { type Arrow, arrowsOf } from './arrows.js';
import { curlCommand } from './curl-command.js';
import { explain, type Source } from './explanation.js';
import type { Step } from './step.js';
import { typescriptCall } from './typescript-call.js';

/** A step as pages, scripts and exports see it. */
export interface StepView {
  number: number;
  kind: 'exchange' | 'browser';
  /** Unix milliseconds. */
  at: number;
  title: string;
  /** `ok`, `refused` (an answer that says no), `lost` (no answer), or `note` for what was no call. */
  result: 'ok' | 'refused' | 'lost' | 'note';
  arrows: Arrow[];
  means: string;
  sources: readonly Source[];
  facts?: Readonly<Record<string, string | number>>;
  call?: string;
  attempt?: number;
  durationMs?: number;
  request?: Exchange['request'];
  response?: Exchange['response'];
  error?: Exchange['error'];
  typescript?: string;
  curl?: string;
  /** The id of the push that it was made for. */
  push?: string;
  /** Whether it can be made again, and given as a signed command. */
  canRepeat?: boolean;
}

/** Makes the view of a step in the reader's language. Everything that costs is done here, when somebody looks. */
export function viewOf(step: Step, t: Translate): StepView {
  const { topic, outcome, sources } = explain(step);
  const means = [t(`inspector:topic.${topic}.means`), outcome && t(`inspector:outcome.${outcome}`)];
  const common = {
    number: step.number,
    at: step.at,
    title: t(`inspector:topic.${topic}.title`),
    arrows: arrowsOf(step),
    means: means.filter(Boolean).join(' '),
    sources,
  };
  if (step.kind === 'browser') return { ...common, kind: 'browser', result: 'note', facts: step.facts };
  const { exchange } = step;
  const { call, attempt, request, response, error } = exchange;
  const typescript = typescriptCall(exchange);
  return {
    ...common,
    ...{ kind: 'exchange', call, attempt, request },
    result: error === undefined ? 'ok' : response === undefined ? 'lost' : 'refused',
    durationMs: Math.round(exchange.durationMs),
    ...(response && { response }),
    ...(error && { error }),
    ...(typescript !== undefined && { typescript }),
    curl: curlCommand(exchange),
    ...(step.push !== undefined && { push: step.push }),
    ...(step.made !== undefined && { canRepeat: true }),
  };
}
