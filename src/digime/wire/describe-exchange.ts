import type { Client } from '../client.js';
import { type Claims, peekClaims, signedHeader } from '../crypto/jwt.js';
import { ServerError } from '../server-error.js';
import type { Attempt, PlatformCall } from './attempt.js';
import type { Exchange, ExchangeResponse } from './exchange.js';
import { maskAnswer, maskClaims, maskQuery } from './mask.js';

const shownAnswerHeaders = [
  'content-type',
  'content-length',
  'date',
  'last-modified',
  'retry-after',
  'location',
];
const maxShownChars = 64 * 1024;

/** One attempt as it may be shown and logged. Everything that leaves the client about an exchange is masked here. */
export function describeExchange(client: Client, call: PlatformCall, attempt: Attempt): Exchange {
  const path = call.shownPath ?? call.path;
  return {
    call: call.call,
    attempt: attempt.number,
    startedAt: attempt.startedAt,
    durationMs: attempt.durationMs,
    request: {
      method: call.method,
      url: client.baseUrl + path,
      path,
      headers: shownRequestHeaders(attempt.headers),
      ...('client_id' in attempt.claims
        ? { jwtHeader: signedHeader, claims: maskClaims(attempt.claims) }
        : {}),
      ...(call.fileDescriptor === undefined ? {} : { fileDescriptor: call.fileDescriptor }),
      ...(call.json === undefined ? {} : { body: capped(call.json) }),
      bodyBytes: attempt.sentBytes,
    },
    ...(attempt.answer ? { response: describeAnswer(attempt.answer, call.hideAnswer === true) } : {}),
    ...(attempt.error === undefined ? {} : { error: describeError(attempt.error) }),
  };
}

/** An answer as it may be shown; of a hidden one only what says how it went. */
export function describeAnswer(answer: NonNullable<Attempt['answer']>, hide: boolean): ExchangeResponse {
  const headers: Record<string, string> = {};
  for (const name of shownAnswerHeaders) {
    const value = answer.headers[name];
    if (value !== undefined) headers[name] = name === 'location' ? maskQuery(value) : value;
  }
  const body = hide ? withoutResources(answer.body) : withTokenClaims(answer.body);
  return {
    status: answer.status,
    statusText: answer.statusText,
    headers,
    ...(body === undefined ? {} : { body: capped(body) }),
    bodyBytes: answer.bytes,
  };
}

/** The code and message of an error as a report has them. */
export function describeError(error: unknown): { code: string; message: string } {
  return error instanceof ServerError
    ? { code: error.error.code, message: error.message }
    : { code: 'UnexpectedResponse', message: 'failed' };
}

function shownRequestHeaders(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (name === 'Authorization') return [name, 'Bearer …'];
      if (name === 'FileDescriptor') return [name, '…'];
      return [name, name === 'redirectUri' ? maskQuery(value) : value];
    }),
  );
}

function withTokenClaims(body: unknown): unknown {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const { token, ...others } = body as { token?: unknown };
  const masked = maskAnswer(others) as Claims;
  if (typeof token !== 'string') return token === undefined ? masked : { token: '…', ...masked };
  const claims = peekClaims(token);
  return { token: claims ? maskClaims(claims) : '…', ...masked };
}

/** A provider answers with an OperationOutcome, or with a bundle that may echo resources: those are left out. */
function withoutResources(body: unknown): unknown {
  if (typeof body !== 'object' || body === null) return undefined;
  const { resourceType, type, entry, error } = body as Record<string, unknown>;
  if (resourceType === undefined && error !== undefined) return maskAnswer(body);
  if (resourceType === 'OperationOutcome') return maskAnswer(body);
  if (resourceType !== 'Bundle' || !Array.isArray(entry))
    return resourceType === undefined ? undefined : { resourceType };
  return {
    resourceType,
    type,
    entry: entry.map((part: { response?: unknown } | null) => ({ response: part?.response })),
  };
}

function capped(body: unknown): unknown {
  const size = JSON.stringify(body)?.length ?? 0;
  return size <= maxShownChars ? body : `… (${size} characters of JSON)`;
}
