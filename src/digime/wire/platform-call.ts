import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '../client.js';
import { DigiMeSDKError, ServerError } from '../errors.js';
import { untilAborted } from './abort.js';
import { readAccepted, readRefused } from './answer.js';
import {
  type CallContext,
  headersOf,
  identify,
  newAttempt,
  type PlatformAnswer,
  type PlatformCall,
  patchCall,
  signAttempt,
} from './attempt.js';
import { type Attempt, describeExchange, report } from './exchange.js';
import { type Incoming, send } from './http.js';
import type { InterceptedRequest, RequestPatch, SignedRequest } from './intercept.js';
import { NetworkFault, SourceFault } from './network-fault.js';
import { interpretRefusal, ownError } from './refusal.js';
import { mayHaveWorked, pauseBeforeRepeat } from './repeat-policy.js';

/**
 * Makes one call: signs it, sends it, reads and checks the answer, reports it; repeats it where its policy allows, signed
 * anew, within the client's retry limit and the call's deadline. Rejects with a `ServerError` for whatever goes wrong, and
 * with a `TypeValidationError` for what no header can hold.
 */
export async function callPlatform(
  client: Client,
  call: PlatformCall,
  context: CallContext,
): Promise<PlatformAnswer> {
  const { signal } = context.options;
  const deadlineAt = performance.now() + client.timeoutMs;
  let isPerhapsDone = false;
  for (let failed = 0; ; ) {
    try {
      const number = failed + 1 + (context.earlierAttempts ?? 0);
      return await (context.options.intercept
        ? interceptCall(client, call, context, number)
        : attemptCall(client, call, context, number, deadlineAt - performance.now()));
    } catch (error) {
      // What the repeat no longer finds, the first try has deleted, although its answer did not say so.
      if (isPerhapsDone && call.method === 'DELETE' && isNotFound(error))
        return goneAlready(client, call, error);
      failed += 1;
      isPerhapsDone ||= mayHaveWorked(error);
      const pauseMs = failed > client.retryLimit ? undefined : pauseBeforeRepeat(error, call.repeat, failed);
      if (pauseMs === undefined || performance.now() + pauseMs >= deadlineAt) throw error;
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal?.aborted)
        throw ownError(identify(client, call), 'Aborted', 'ended by the caller', undefined, signal.reason);
    }
  }
}

const isNotFound = (error: unknown): error is ServerError =>
  error instanceof ServerError && error.error.statusCode === 404;

function goneAlready(client: Client, call: PlatformCall, refusal: ServerError): PlatformAnswer {
  const { code, message, reference, statusCode } = refusal.error;
  return {
    status: statusCode,
    headers: {},
    body: { error: { code, message, reference } },
    identity: identify(client, call),
  };
}

/** Gives the request to the interceptor. Each of its sends has the whole time of a call: a person may think in between. */
async function interceptCall(
  client: Client,
  call: PlatformCall,
  context: CallContext,
  number: number,
): Promise<PlatformAnswer> {
  const { intercept, signal } = context.options;
  const planned = newAttempt(client, context, number);
  const hasBody = call.json !== undefined || call.content !== undefined;
  planned.headers = headersOf(call, undefined, undefined, hasBody ? { content: Buffer.alloc(0) } : undefined);
  // Known when the body is: a patch may bring another one.
  delete planned.headers['Content-Length'];
  const failures = new Set<unknown>();
  let isOver = false;
  let sends = 0;
  const request: InterceptedRequest<PlatformAnswer> = {
    call: call.call,
    shown: describeExchange(client, call, planned).request,
    signal,
    openContent: call.content && (() => (call.content as NonNullable<PlatformCall['content']>).open()),
    send: async (patch) => {
      try {
        checkPatch(client, call, patch);
        const answer = await attemptCall(client, call, context, number + sends++, client.timeoutMs, patch);
        if (isOver) answer.incoming?.close();
        return answer;
      } catch (error) {
        failures.add(error);
        throw error;
      }
    },
    sign: async (patch) => {
      checkPatch(client, call, patch);
      return signCall(client, call, context, number, patch);
    },
  };
  try {
    const answer = (intercept as NonNullable<typeof intercept>)(request);
    return await untilAborted(answer, signal, () =>
      ownError(identify(client, call), 'Aborted', 'ended by the caller', undefined, signal?.reason),
    );
  } catch (error) {
    if (failures.has(error) || signal?.aborted) throw error;
    const reason = error instanceof Error ? error.message : 'no reason was given';
    throw ownError(identify(client, call), 'RequestWithheld', reason, undefined, error);
  } finally {
    isOver = true;
  }
}

/** A patched path stays below the API's base URL: whoever may edit a request may not choose another host. */
function checkPatch(client: Client, call: PlatformCall, patch: RequestPatch | undefined): void {
  const path = patch?.path;
  if (path === undefined || new URL(client.baseUrl + path).href.startsWith(client.baseUrl)) return;
  throw ownError(identify(client, call), 'RequestWithheld', 'the path leads out of the API');
}

async function signCall(
  client: Client,
  call: PlatformCall,
  context: CallContext,
  number: number,
  patch?: RequestPatch,
): Promise<SignedRequest> {
  const patched = patchCall(call, patch);
  const attempt = newAttempt(client, context, number, patch);
  const body = await signAttempt(client, patched, context, attempt, patch);
  const url = client.baseUrl + patched.path;
  return { method: call.method, url, headers: attempt.headers, ...(body && { body }) };
}

async function attemptCall(
  client: Client,
  plannedCall: PlatformCall,
  context: CallContext,
  number: number,
  leftMs: number,
  patch?: RequestPatch,
): Promise<PlatformAnswer> {
  const { options } = context;
  const call = patchCall(plannedCall, patch);
  const { content } = call;
  const attempt = newAttempt(client, context, number, patch);
  const startedAt = performance.now();
  try {
    const body = await signAttempt(client, call, context, attempt, patch);
    const incoming = await send(client.transport, {
      method: call.method,
      baseUrl: client.baseUrl,
      path: call.path,
      headers: attempt.headers,
      body,
      ...(content
        ? { limitMs: client.pushTimeoutMs, stall: true, answerMs: client.timeoutMs }
        : { limitMs: Math.max(0, leftMs) }),
      signal: options.signal,
      meter: attempt,
    });
    return await takeAnswer(client, call, incoming, attempt);
  } catch (error) {
    attempt.error = asServerError(client, call, attempt, error);
    throw attempt.error;
  } finally {
    attempt.durationMs = performance.now() - startedAt;
    if (client.onExchange || options.onExchange)
      report([client.onExchange, options.onExchange], describeExchange(client, call, attempt));
  }
}

async function takeAnswer(
  client: Client,
  call: PlatformCall,
  incoming: Incoming,
  attempt: Attempt,
): Promise<PlatformAnswer> {
  const { status, statusText, headers } = incoming;
  attempt.answer = { status, statusText, headers, body: undefined, bytes: 0 };
  const identity = identify(client, call);
  if (status >= 300) {
    Object.assign(attempt.answer, await readRefused(incoming, client.maxResponseBytes));
    throw interpretRefusal(identity, incoming, attempt.answer.body, client.now());
  }
  if (call.expected === 'stream') return { status, headers, body: undefined, incoming, identity };
  const { body, bytes, unreadable } = await readAccepted(incoming, call.expected, client.maxResponseBytes);
  attempt.answer.body = body;
  attempt.answer.bytes = bytes;
  return { status, headers, body, ...(unreadable && { unreadable }), identity };
}

function asServerError(client: Client, call: PlatformCall, attempt: Attempt, error: unknown): unknown {
  if (error instanceof NetworkFault || error instanceof SourceFault) {
    return ownError(
      identify(client, call),
      error.code,
      error.message,
      error instanceof SourceFault ? undefined : attempt.answer,
      error.cause,
    );
  }
  if (error instanceof DigiMeSDKError) return error;
  return ownError(identify(client, call), 'ConnectionFailed', 'the request could not be made');
}
