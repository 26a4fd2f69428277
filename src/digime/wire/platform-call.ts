import { setTimeout as sleep } from 'node:timers/promises';
import type { ContractDetails } from '../arguments/contract-details.js';
import type { CallOptions, Client } from '../client.js';
import { loadContractKey } from '../crypto/contract-key.js';
import { type Claims, newNonce, signToken } from '../crypto/jwt.js';
import { ServerError } from '../server-error.js';
import { describeExchange } from './describe-exchange.js';
import { report } from './exchange.js';
import { type Incoming, send } from './http.js';
import { interpretRefusal, ownError, type RequestIdentity } from './interpret-refusal.js';
import { secretsOf } from './mask.js';
import { NetworkFault } from './network-fault.js';
import { type ExpectedAnswer, readAccepted, readRefused } from './read-answer.js';
import { pauseBeforeRepeat, type RepeatPolicy } from './repeat-policy.js';
import { SourceFault } from './source-fault.js';
import type { OutgoingBody } from './upload-body.js';

/** One call of the wire protocol. */
export interface PlatformCall {
  /** The documented call on whose behalf it is made. */
  call: string;
  method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  path: string;
  /** The path as it may be shown, where `path` holds a secret. */
  shownPath?: string;
  headers?: Record<string, string>;
  /** A JSON body of ours, which may be shown. */
  json?: unknown;
  /** A body that is the user's: opened afresh for every attempt, never shown. */
  content?: { contentType: string; open(): OutgoingBody | Promise<OutgoingBody> };
  /** Sent, signed, as the header `FileDescriptor`. */
  fileDescriptor?: unknown;
  /** The answer may hold medical data and is not shown. */
  hideAnswer?: boolean;
  expected: ExpectedAnswer;
  repeat: RepeatPolicy;
}

/** On whose behalf a call is made. */
export interface CallContext {
  /** Who signs. Only the public key set is asked for without a signature. */
  contract?: ContractDetails;
  /** Claims beyond `client_id`, `nonce` and `timestamp`. */
  claims?: Claims;
  /** Requests made before for the same call. */
  earlierAttempts?: number;
  options: CallOptions;
}

/** An accepted answer. `incoming` only for streams: then its body has not been read. */
export interface PlatformAnswer {
  status: number;
  headers: Readonly<Record<string, string | undefined>>;
  body: unknown;
  incoming?: Incoming;
  identity: RequestIdentity;
}

/** Everything known about one attempt, for the report. */
export interface Attempt {
  number: number;
  startedAt: number;
  durationMs: number;
  claims: Claims;
  headers: Record<string, string>;
  sentBytes: number;
  answer?: {
    status: number;
    statusText: string;
    headers: Readonly<Record<string, string | undefined>>;
    body: unknown;
    bytes: number;
  };
  error?: unknown;
}

/**
 * Makes one call: signs it, sends it, reads and checks the answer, reports it; repeats it where its policy allows, signed
 * anew, within the client's retry limit and the call's deadline. Rejects with a `ServerError` for whatever goes wrong.
 */
export async function callPlatform(
  client: Client,
  call: PlatformCall,
  context: CallContext,
): Promise<PlatformAnswer> {
  const { signal } = context.options;
  const deadlineAt = performance.now() + client.timeoutMs;
  for (let failed = 0; ; ) {
    try {
      return await attemptCall(
        client,
        call,
        context,
        failed + 1 + (context.earlierAttempts ?? 0),
        deadlineAt - performance.now(),
      );
    } catch (error) {
      failed += 1;
      const pauseMs = failed > client.retryLimit ? undefined : pauseBeforeRepeat(error, call.repeat, failed);
      if (pauseMs === undefined || performance.now() + pauseMs >= deadlineAt) throw error;
      await sleep(pauseMs, undefined, { signal }).catch(() => undefined);
      if (signal?.aborted)
        throw ownError(identify(call, {}), 'Aborted', 'ended by the caller', undefined, signal.reason);
    }
  }
}

async function attemptCall(
  client: Client,
  call: PlatformCall,
  context: CallContext,
  number: number,
  leftMs: number,
): Promise<PlatformAnswer> {
  const { content } = call;
  const { contract, options } = context;
  const hooks = [client.onExchange, options.onExchange].filter((hook) => hook !== undefined);
  const attempt: Attempt = {
    number,
    startedAt: client.now(),
    durationMs: 0,
    claims: contract
      ? {
          client_id: `${client.applicationId}_${contract.contractId}`,
          nonce: newNonce(),
          timestamp: Math.floor(client.now()),
          ...context.claims,
        }
      : {},
    headers: {},
    sentBytes: 0,
  };
  const startedAt = performance.now();
  try {
    const key = contract && loadContractKey(contract.privateKey);
    const [token, descriptorToken] = await Promise.all([
      key && signToken(key, attempt.claims),
      key && call.fileDescriptor !== undefined
        ? client.descriptorTokens.tokenOf(key, call.fileDescriptor)
        : undefined,
    ]);
    const json = call.json === undefined ? undefined : Buffer.from(JSON.stringify(call.json));
    const body = json ? { content: json, sizeBytes: json.length } : await content?.open();
    attempt.headers = headersOf(call, token, descriptorToken, body);
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
    attempt.error = toFamily(call, attempt, error);
    throw attempt.error;
  } finally {
    attempt.durationMs = performance.now() - startedAt;
    if (hooks.length > 0) report(hooks, describeExchange(client, call, attempt));
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
  const identity = identify(call, attempt.claims);
  if (status >= 300) {
    Object.assign(attempt.answer, await readRefused(incoming, client.maxResponseBytes));
    throw interpretRefusal(identity, incoming, attempt.answer.body, client.now());
  }
  if (call.expected === 'stream') return { status, headers, body: undefined, incoming, identity };
  Object.assign(attempt.answer, await readAccepted(incoming, call.expected, client.maxResponseBytes));
  return { status, headers, body: attempt.answer.body, identity };
}

function headersOf(
  call: PlatformCall,
  token: string | undefined,
  descriptorToken: string | undefined,
  body: OutgoingBody | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {
    Accept:
      call.expected === 'stream' || call.expected === 'head'
        ? 'application/octet-stream'
        : 'application/json',
    // Nothing that we ask for is worth compressing on the way; a file is compressed inside its encryption.
    'Accept-Encoding': 'identity',
    'User-Agent': 'digime-push-onboarding',
    ...call.headers,
  };
  if (token !== undefined) headers.Authorization = `Bearer ${token}`;
  if (descriptorToken !== undefined) headers.FileDescriptor = descriptorToken;
  if (body) headers['Content-Type'] = call.content?.contentType ?? 'application/json';
  const sizeBytes = Buffer.isBuffer(body?.content) ? body.content.length : body?.sizeBytes;
  if (sizeBytes !== undefined) headers['Content-Length'] = String(sizeBytes);
  else if (!body && call.method === 'POST') headers['Content-Length'] = '0';
  return headers;
}

function identify(call: PlatformCall, claims: Claims): RequestIdentity {
  return {
    method: call.method,
    shownPath: call.shownPath ?? call.path,
    get secrets() {
      const shown = call.shownPath?.split('/');
      return [
        ...secretsOf(claims),
        ...(shown ? call.path.split('/').filter((part) => !shown.includes(part)) : []),
      ];
    },
  };
}

function toFamily(call: PlatformCall, attempt: Attempt, error: unknown): unknown {
  if (error instanceof NetworkFault || error instanceof SourceFault) {
    return ownError(
      identify(call, attempt.claims),
      error.code,
      error.message,
      error instanceof SourceFault ? undefined : attempt.answer,
      error.cause,
    );
  }
  if (error instanceof ServerError) return error;
  return ownError(identify(call, attempt.claims), 'ConnectionFailed', 'the request could not be made');
}
