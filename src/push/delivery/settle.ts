import { ServerError, unknownReference } from '../../digime/index.js';
import { AppError } from '../../errors.js';
import type { Settlement } from '../ledger/work-queue.js';
import type { Attempt, Push } from '../push.js';
import { backoffMs, type Verdict } from './classify-failure.js';
import type { Delivery } from './sender.js';
import { ThreadEnded } from './thread-ended.js';

/** What becomes of a push that the platform took. */
export function settleDelivery({ status, body, unreadable }: Delivery, attempt: Attempt): Settlement {
  return {
    state: 'delivered',
    attempt: {
      ...attempt,
      status,
      ...(unreadable && { code: 'AnswerUnreadable', message: unreadable.message }),
    },
    ...(unreadable && { lastError: { code: 'AnswerUnreadable', message: unreadable.message } }),
    ...(body !== undefined && { response: body }),
  };
}

export interface Circumstances {
  backoffBaseMs: number;
  backoffCapMs: number;
  /** Unix milliseconds. */
  now: number;
  /** The process is about to end: what was broken off goes on after the next start. */
  isStopping: boolean;
}

/** What becomes of a push whose attempt failed: waits for the person, is tried again, or is given up. */
export function settleFailure(
  push: Push,
  error: unknown,
  attempt: Attempt,
  verdict: Verdict,
  circumstances: Circumstances,
): Settlement {
  const { body, ...facts } = failureFacts(error);
  const { code, message, reference } = facts;
  const common = {
    attempt: { ...attempt, ...facts },
    lastError: { code, message, ...(reference && { reference }) },
    ...(body !== undefined && { response: body }),
  };
  if (verdict.outcome === 'reauthorize') return { ...common, state: 'needs-reauthorization' };
  const possiblyDuplicated = verdict.possiblyArrived;
  if (verdict.outcome === 'fail') return { ...common, state: 'failed', possiblyDuplicated };
  const { now } = circumstances;
  if (circumstances.isStopping) return { ...common, state: 'queued', nextAttemptAt: now, possiblyDuplicated };
  if (now >= push.giveUpAt) return { ...common, state: 'failed', possiblyDuplicated };
  // The budget's end gets one last attempt.
  const nextAttemptAt = Math.min(
    now + backoffMs(push.attempts, circumstances, verdict.afterMs),
    Math.max(push.giveUpAt, now + 1),
  );
  return { ...common, state: 'queued', nextAttemptAt, possiblyDuplicated };
}

/** What is kept and shown of a failure: the platform's words, never a stack. */
function failureFacts(error: unknown): {
  status?: number;
  code: string;
  message: string;
  reference?: string;
  body?: unknown;
} {
  if (error instanceof ServerError) {
    const { code, message, reference, statusCode } = error.error;
    return {
      code,
      message: message.slice(0, 1000),
      ...(statusCode > 0 && { status: statusCode }),
      ...(reference !== unknownReference && { reference }),
      ...(error.responseBody !== undefined && { body: error.responseBody }),
    };
  }
  if (error instanceof AppError) return { code: error.code, message: error.code };
  if (error instanceof ThreadEnded) return { code: 'Interrupted', message: error.message };
  return {
    code: 'PayloadUnreadable',
    message: error instanceof Error ? error.message.slice(0, 300) : 'unknown',
  };
}
