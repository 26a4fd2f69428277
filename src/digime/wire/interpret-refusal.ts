import { SDKInvalidError } from '../sdk-invalid-error.js';
import { ServerError } from '../server-error.js';
import type { ClientErrorCode } from './client-error-codes.js';
import type { Incoming } from './http.js';
import { scrub, scrubDeep } from './mask.js';
import { parseRetryAfter } from './retry-after.js';

/** What an error needs to know of the request: how to name it, and what must not appear in it. */
export interface RequestIdentity {
  method: string;
  /** Relative to the base URL, without secrets. */
  shownPath: string;
  secrets: readonly string[];
}

interface Refusal {
  code: string;
  message: string;
  reference: string;
  responseBody?: unknown;
}

/** The error of an answer of 300 or more, from its status, headers and body (`protocol.md`, Errors). */
export function interpretRefusal(
  who: RequestIdentity,
  answer: Pick<Incoming, 'status' | 'statusText' | 'headers'>,
  body: unknown,
  nowMs: number,
): ServerError {
  const { status } = answer;
  const statusMessage = scrub(answer.statusText, who.secrets);
  const refusal = (status >= 400 ? explained(body, status) : undefined) ?? unexplained(answer);
  const details = {
    code: scrub(refusal.code, who.secrets),
    message: scrub(refusal.message, who.secrets),
    reference: scrub(refusal.reference, who.secrets),
    statusCode: status,
    statusMessage,
  };
  const ErrorClass =
    details.code === 'SDKInvalid' || details.code === 'SDKVersionInvalid' ? SDKInvalidError : ServerError;
  return new ErrorClass(
    `${who.method} ${who.shownPath} answered ${`${status} ${statusMessage}`.trim()}: ${details.code}: ${details.message}`,
    details,
    {
      retryAfterMs: parseRetryAfter(answer.headers['retry-after'], nowMs),
      responseBody: scrubDeep(refusal.responseBody, who.secrets),
    },
  );
}

/** An error of this client's own making, for a request that got no usable answer. */
export function ownError(
  who: RequestIdentity,
  code: ClientErrorCode,
  message: string,
  answer?: Pick<Incoming, 'status' | 'statusText'>,
  cause?: unknown,
): ServerError {
  const statusMessage = scrub(answer?.statusText ?? '', who.secrets);
  const status = answer ? ` (status ${`${answer.status} ${statusMessage}`.trim()})` : '';
  const clean = scrub(message, who.secrets);
  return new ServerError(
    `${who.method} ${who.shownPath} failed${status}: ${code}: ${clean}`,
    { code, message: clean, reference: '', statusCode: answer?.status ?? 0, statusMessage },
    { cause },
  );
}

function explained(body: unknown, status: number): Refusal | undefined {
  if (typeof body !== 'object' || body === null) return undefined;
  const { error, message, reference, resourceType } = body as Record<string, unknown>;
  // A provider's outcome may stand alone or beside an error of digi.me; it is kept either way.
  const outcome = resourceType === 'OperationOutcome' ? { responseBody: body } : {};
  if (typeof error === 'object' && error !== null) {
    const inner = error as Record<string, unknown>;
    if (isText(inner.code)) {
      return {
        code: inner.code,
        message: textOf(inner.message),
        reference: textOf(inner.reference),
        ...outcome,
      };
    }
  }
  // The shape of storage-like services.
  if (isText(error))
    return { code: error, message: textOf(message), reference: textOf(reference), ...outcome };
  if (resourceType !== 'OperationOutcome') return undefined;
  const code = status === 401 ? 'InvalidToken' : 'OperationOutcome';
  return {
    code,
    message: firstIssueOf(body) ?? 'an OperationOutcome without a text',
    reference: '',
    ...outcome,
  };
}

function unexplained(answer: Pick<Incoming, 'status' | 'headers'>): Refusal {
  const { status } = answer;
  const kind = answer.headers['content-type'] ?? 'no content type';
  // A bare 401 is treated like InvalidToken (`protocol.md`, Errors).
  if (status === 401)
    return { code: 'InvalidToken', message: `refused without an explanation (${kind})`, reference: '' };
  if (status < 400)
    return { code: 'RedirectNotFollowed', message: 'redirects are not followed', reference: '' };
  return { code: 'UnexpectedResponse', message: `not an error of digi.me (${kind})`, reference: '' };
}

function firstIssueOf(outcome: object): string | undefined {
  const { issue } = outcome as { issue?: unknown };
  const first: unknown = Array.isArray(issue) ? issue[0] : undefined;
  if (typeof first !== 'object' || first === null) return undefined;
  const { diagnostics, details } = first as { diagnostics?: unknown; details?: { text?: unknown } | null };
  return [diagnostics, details?.text].find(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
