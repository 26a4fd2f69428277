import type { Request } from 'express';
import { type Connection, connectionLabel } from '../../connections/index.js';
import { hasWord, languageOf, type Translate, translator } from '../../web/index.js';
import type { Progress } from '../delivery/attempt-progress.js';
import { type ProviderAnswer, readProviderAnswer } from '../delivery/provider-answer.js';
import { type Attempt, isAboutOneAccount, type OverruledProblem, type Push } from '../push.js';

/** A push as pages and scripts see it: nothing of a token, a key or another visitor can get in here. */
export interface PushView {
  id: string;
  type: 'library' | 'provider';
  state: string;
  fileName: string;
  size: number;
  sha256: string;
  descriptor?: object;
  accountId?: string;
  version?: string;
  /** What the check refused and the person sent all the same. */
  overruled?: readonly OverruledProblem[];
  createdAt: number;
  updatedAt: number;
  deliveredAt?: number;
  nextAttemptAt?: number;
  /** When a push that waits for a permission is cancelled by itself, or the entry of one that ended is removed. */
  keptUntil?: number;
  attempts: Attempt[];
  attemptCount: number;
  /** `message` is what digi.me said; `sentence` and `advice` are ours, in the reader's language. */
  lastError?: { code: string; message: string; reference?: string; sentence: string; advice: string };
  possiblyDuplicated: boolean;
  /** How far the attempt that is under way is, where this process makes it and the file is not small. */
  progress?: Progress;
  /** It waits because digi.me is not answering at the moment, to this push or to others. */
  platformIsAway?: true;
  response?: unknown;
  /** What `response` says about each entry of the bundle, where it is FHIR. */
  answer?: ProviderAnswer;
  connection: { id: string; label: string };
  links: { self: string; events: string; retry?: string; cancel?: string; reauthorize?: string };
}

/** Where the person allows it again: the one account that its provider refused, else the whole connection. */
function reauthorizeLink(push: Push, connection: Connection | undefined): string {
  const onlyAccount = connection?.state !== 'needs-reauthorization' && isAboutOneAccount(push.lastError);
  return onlyAccount && push.accountId !== undefined
    ? `/accounts/${encodeURIComponent(push.accountId)}/reauthorize`
    : '/authorize';
}

function linksOf(push: Push, connection: Connection | undefined): PushView['links'] {
  const self = `/pushes/${push.id}`;
  const retriable = push.state === 'failed' || (push.state === 'queued' && push.attempts > 0);
  const cancellable = ['queued', 'needs-reauthorization', 'failed'].includes(push.state);
  return {
    self,
    events: `${self}/events`,
    ...(retriable && { retry: `${self}/retry` }),
    ...(cancellable && { cancel: `${self}/cancel` }),
    ...(push.state === 'needs-reauthorization' && {
      reauthorize: reauthorizeLink(push, connection),
    }),
  };
}

/** What a code means and what to do about it, in the person's language. */
function explain(t: Translate, code: string): { sentence: string; advice: string } {
  const key = [`errors:platform.${code}`, `errors:${code}`].find((known) => hasWord(`${known}.message`));
  const known = key ?? 'errors:platform.default';
  return { sentence: t(`${known}.message`), advice: t(`${known}.advice`) };
}

/** Makes the view of a push in the language of the request. */
export function viewOf(
  req: Request,
  push: Push,
  details: {
    keptUntil?: number | undefined;
    connection: Connection | undefined;
    attempts?: Attempt[];
    response?: unknown;
    platformIsAway?: boolean;
    progress?: Progress | undefined;
  },
): PushView {
  const t = translator(languageOf(req));
  const { lastError } = push;
  const answer = readProviderAnswer(details.response);
  return {
    id: push.id,
    type: push.type,
    state: push.state,
    fileName: push.fileName,
    size: push.size,
    sha256: push.sha256,
    ...(push.descriptor && { descriptor: push.descriptor }),
    ...(push.accountId !== undefined && { accountId: push.accountId }),
    ...(push.providerVersion !== undefined && { version: push.providerVersion }),
    ...(push.overruled.length > 0 && { overruled: push.overruled }),
    createdAt: push.createdAt,
    updatedAt: push.updatedAt,
    ...(push.deliveredAt !== undefined && { deliveredAt: push.deliveredAt }),
    ...(push.nextAttemptAt !== undefined && { nextAttemptAt: push.nextAttemptAt }),
    ...(details.keptUntil !== undefined && { keptUntil: details.keptUntil }),
    attempts: details.attempts ?? [],
    attemptCount: push.attempts,
    ...(lastError && { lastError: { ...lastError, ...explain(t, lastError.code) } }),
    possiblyDuplicated: push.possiblyDuplicated,
    ...(details.platformIsAway && push.state === 'queued' && { platformIsAway: true as const }),
    ...(details.progress && push.state === 'pushing' && { progress: details.progress }),
    ...(details.response !== undefined && { response: details.response }),
    ...(answer && { answer }),
    connection: { id: push.connectionId, label: connectionLabel(t, details.connection) },
    links: linksOf(push, details.connection),
  };
}
