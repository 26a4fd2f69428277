import { type Claims, signedHeader } from '../crypto/jwt.js';
import { ServerError } from '../errors.js';
import { asFields, parseJson } from './json.js';
import { hideDeep, maskAnswer, maskClaims, maskQuery, type Secrets, scrub } from './mask.js';

/** One HTTP exchange with the platform as it may be shown and logged: secrets are masked before it leaves the client. */
export interface Exchange {
  /** The documented call that made it, or `jwks` for the platform's key set. */
  call: string;
  /** 1 for the first request of a call, counting repeats after a refresh too. */
  attempt: number;
  /** Unix time in milliseconds, by the client's clock. */
  startedAt: number;
  /** Milliseconds until the answer was read or given up. */
  durationMs: number;
  /** What was sent. */
  request: ExchangeRequest;
  /** Missing when no answer arrived. */
  response?: ExchangeResponse;
  /** Missing when the exchange gave what the call needs. */
  error?: { code: string; message: string };
}

/** What was sent. Bodies are shown only where they are JSON of ours: never a file, never a resource for a provider. */
export interface ExchangeRequest {
  method: string;
  /** Without secrets: the key of a session is masked. */
  url: string;
  /** The same, relative to the API base URL. */
  path: string;
  headers: Record<string, string>;
  /** The header of the signed JWT. */
  jwtHeader?: Record<string, unknown>;
  /** The claims of the signed JWT, secrets masked. */
  claims?: Record<string, unknown>;
  fileDescriptor?: unknown;
  body?: unknown;
  /** Bytes of the body given to the connection. */
  bodyBytes: number;
}

/** What came back: useful headers only; a platform token appears as its (unverified) claims. */
export interface ExchangeResponse {
  status: number;
  statusText: string;
  headers: Record<string, string>;
  body?: unknown;
  bodyBytes: number;
}

/** Gets every exchange. What it throws, or rejects with, is ignored. */
export type ExchangeHook = (exchange: Exchange) => void;

/** The parts of a call that a report shows. @internal */
export interface ShownCall {
  /** The documented call on whose behalf it is made. */
  call: string;
  method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  path: string;
  /** The path as it may be shown, where `path` holds a secret. */
  shownPath?: string;
  /** A JSON body of ours, which may be shown. */
  json?: unknown;
  /** Sent, signed, as the header `FileDescriptor`. */
  fileDescriptor?: unknown;
  /** The answer may hold medical data and is not shown. */
  hideAnswer?: boolean;
}

/** Everything known about one attempt, for the report. @internal */
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

const shownAnswerHeaders = [
  'content-type',
  'content-length',
  'date',
  'last-modified',
  'retry-after',
  'location',
];
const maxShownChars = 64 * 1024;
const maxHeaderChars = 1024;

/** Gives an exchange to the hooks; a hook that fails never disturbs the call. @internal */
export function report(hooks: readonly (ExchangeHook | undefined)[], exchange: Exchange): void {
  for (const hook of hooks) {
    try {
      const outcome: unknown = hook?.(exchange);
      if (outcome instanceof Promise) outcome.catch(() => undefined);
    } catch {
      // Watching must not change what is watched.
    }
  }
}

/** One attempt as it may be shown and logged. Everything that leaves the client about an exchange is masked here. @internal */
export function describeExchange(
  client: { baseUrl: string; secrets: Secrets },
  call: ShownCall,
  attempt: Attempt,
): Exchange {
  const { secrets } = client;
  const path = secrets.hide(call.shownPath ?? call.path);
  const { answer, error } = attempt;
  return {
    call: call.call,
    attempt: attempt.number,
    startedAt: attempt.startedAt,
    durationMs: attempt.durationMs,
    request: {
      method: call.method,
      url: client.baseUrl + path,
      path,
      headers: shownRequestHeaders(attempt.headers, secrets),
      ...('client_id' in attempt.claims
        ? { jwtHeader: signedHeader, claims: hideDeep(maskClaims(attempt.claims), secrets) as Claims }
        : {}),
      ...(call.fileDescriptor === undefined ? {} : { fileDescriptor: shown(call.fileDescriptor, secrets) }),
      ...(call.json === undefined ? {} : { body: shown(call.json, secrets) }),
      bodyBytes: attempt.sentBytes,
    },
    ...(answer ? { response: describeAnswer(answer, call.hideAnswer === true, secrets) } : {}),
    ...(error === undefined ? {} : { error: describeError(error) }),
  };
}

/** An answer as it may be shown; of a hidden one only what says how it went. */
function describeAnswer(
  answer: NonNullable<Attempt['answer']>,
  hide: boolean,
  secrets: Secrets,
): ExchangeResponse {
  const headers: Record<string, string> = {};
  for (const name of shownAnswerHeaders) {
    const value = answer.headers[name];
    if (value !== undefined)
      headers[name] = scrub(name === 'location' ? maskQuery(value) : value, secrets, maxHeaderChars);
  }
  const body = hide ? withoutResources(answer.body) : withTokenClaims(answer.body);
  return {
    status: answer.status,
    statusText: scrub(answer.statusText, secrets),
    headers,
    ...(body === undefined ? {} : { body: shown(body, secrets) }),
    bodyBytes: answer.bytes,
  };
}

/** The code and message of an error as a report has them. */
function describeError(error: unknown): { code: string; message: string } {
  return error instanceof ServerError
    ? { code: error.error.code, message: error.message }
    : { code: 'UnexpectedResponse', message: 'failed' };
}

function shownRequestHeaders(headers: Record<string, string>, secrets: Secrets): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => {
      if (name === 'Authorization') return [name, 'Bearer …'];
      if (name === 'FileDescriptor') return [name, '…'];
      return [name, secrets.hide(name === 'redirectUri' ? maskQuery(value) : value)];
    }),
  );
}

function withTokenClaims(body: unknown): unknown {
  const fields = asFields(body);
  if (!fields) return maskAnswer(body);
  const { token, ...others } = fields;
  const masked = maskAnswer(others) as Claims;
  if (typeof token !== 'string') return token === undefined ? masked : { token: '…', ...masked };
  const claims = peekClaims(token);
  return { token: claims ? maskClaims(claims) : '…', ...masked };
}

/** A provider answers with an OperationOutcome, or with a bundle that may echo resources: those are left out. */
function withoutResources(body: unknown): unknown {
  const fields = asFields(body);
  if (!fields) return undefined;
  const { resourceType, type, entry, error } = fields;
  if (resourceType === undefined && error !== undefined) return maskAnswer(body);
  if (resourceType === 'OperationOutcome') return maskAnswer(body);
  if (resourceType !== 'Bundle' || !Array.isArray(entry))
    return resourceType === undefined ? undefined : { resourceType };
  return { resourceType, type, entry: entry.map((part) => ({ response: asFields(part)?.response })) };
}

/** The claims of a token as they are, unverified; undefined when they cannot be read. */
function peekClaims(token: string): Claims | undefined {
  const [, encoded = ''] = token.length > maxShownChars ? [] : token.split('.', 3);
  try {
    return asFields(parseJson(Buffer.from(encoded, 'base64url').toString('utf8')));
  } catch {
    return undefined;
  }
}

function shown(body: unknown, secrets: Secrets): unknown {
  const size = JSON.stringify(body)?.length ?? 0;
  return size <= maxShownChars ? hideDeep(body, secrets) : `… (${size} characters of JSON)`;
}
