import type { Shape } from '../arguments/shape.js';
import { type ClientErrorCode, SDKInvalidError, ServerError, unknownReference } from '../errors.js';
import type { Incoming } from './http.js';
import { asFields } from './json.js';
import { type Secrets, scrub, scrubDeep } from './mask.js';

const maxCodeChars = 100;
const maxReferenceChars = 128;

/** What an error needs to know of the request: how to name it, and what must not appear in it. */
export interface RequestIdentity {
  /** The documented call. */
  call: string;
  method: string;
  /** Relative to the base URL, without secrets. */
  shownPath: string;
  secrets: Secrets;
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
  const refusal = (status >= 400 ? explained(body, status) : undefined) ?? unexplained(answer);
  const code = scrub(refusal.code, who.secrets, maxCodeChars);
  const reference = scrub(refusal.reference, who.secrets, maxReferenceChars);
  const ErrorClass = code === 'SDKInvalid' || code === 'SDKVersionInvalid' ? SDKInvalidError : ServerError;
  return new ErrorClass(
    {
      code,
      message: scrub(refusal.message, who.secrets) || `refused with status ${status}`,
      reference: reference || unknownReference,
      statusCode: status,
      statusMessage: scrub(answer.statusText, who.secrets, maxCodeChars),
    },
    {
      ...named(who),
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
  return new ServerError(
    {
      code,
      message: scrub(message, who.secrets),
      reference: unknownReference,
      statusCode: answer?.status ?? 0,
      statusMessage: scrub(answer?.statusText ?? '', who.secrets, maxCodeChars),
    },
    { ...named(who), cause },
  );
}

/**
 * A value of an accepted answer in the shape that the protocol demands; `Value` says in types what `shape` looks for.
 * @throws ServerError (`UnexpectedResponse`), which names the first field that is missing or wrong, never its value
 */
export function parseAnswer<Value>(
  shape: Shape,
  value: unknown,
  answer: { status: number; identity: RequestIdentity },
): Value {
  const complaint = shape(value);
  if (!complaint) return value as Value;
  const { status, identity } = answer;
  const message = `missing or wrong in the answer: ${complaint.path || 'the body'}: ${complaint.message}`;
  throw ownError(identity, 'UnexpectedResponse', message, { status, statusText: '' });
}

/**
 * Milliseconds that a `Retry-After` header asks to wait: seconds or an HTTP date (RFC 9110 §10.2.3).
 * A date in the past is 0; anything else that cannot be read is undefined.
 */
function parseRetryAfter(header: string | undefined, nowMs: number): number | undefined {
  if (header === undefined) return undefined;
  const text = header.trim();
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  // Date.parse alone would also read a bare "-1" or "12.5".
  if (text.length > 64 || !/^[A-Za-z]{3,9},? /.test(text)) return undefined;
  const at = Date.parse(text);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

function named(who: RequestIdentity): { call: string; request: string } {
  return { call: who.call, request: `${who.method} ${who.shownPath}` };
}

function explained(body: unknown, status: number): Refusal | undefined {
  const fields = asFields(body);
  if (!fields) return undefined;
  const { error, message, reference, resourceType } = fields;
  // A provider's outcome may stand alone or beside an error of digi.me; it is kept either way.
  const outcome = resourceType === 'OperationOutcome' ? { responseBody: body } : {};
  const inner = asFields(error);
  if (inner && isText(inner.code)) {
    return {
      code: inner.code,
      message: textOf(inner.message),
      reference: textOf(inner.reference),
      ...outcome,
    };
  }
  // The shape of storage-like services.
  if (isText(error))
    return { code: error, message: textOf(message), reference: textOf(reference), ...outcome };
  if (resourceType !== 'OperationOutcome') return undefined;
  const code = status === 401 ? 'InvalidToken' : 'OperationOutcome';
  return {
    code,
    message: firstIssueOf(fields) ?? 'an OperationOutcome without a text',
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

function firstIssueOf(outcome: Record<string, unknown>): string | undefined {
  const first = asFields(Array.isArray(outcome.issue) ? outcome.issue[0] : undefined);
  return [first?.diagnostics, asFields(first?.details)?.text].find(isText);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
