import { loadContractKey } from '../crypto/contract-key.js';
import { TypeValidationError } from '../errors.js';
import type { ReadCall, UserCall } from './call-options.js';
import { allOf, object, optional, optionalOrNull, type Shape, where } from './shape.js';

/**
 * Checks the arguments of a documented call before anything is sent.
 * @throws TypeValidationError naming the argument and what it should be, never its value
 */
export function checkArguments(call: string, shape: Shape, value: unknown): void {
  const complaint = shape(value);
  if (!complaint) return;
  throw new TypeValidationError(`${call}: ${complaint.path || 'the argument'}: ${complaint.message}`);
}

/** Any string. */
export const anyText = where((value) => typeof value === 'string', 'must be a string');

/** A string that is not empty. */
export const text = where(
  (value) => typeof value === 'string' && value !== '',
  'must be a string that is not empty',
);

/** A string that may stand in a header: printable ASCII, no spaces. */
export const headerText = allOf(
  text,
  where((value) => /^[\x21-\x7e]+$/.test(value as string), 'must be printable ASCII without spaces'),
);

/** A string that stands for one segment of a path. */
export const pathSegment = allOf(
  text,
  where((value) => value !== '.' && value !== '..', 'must not be a relative path'),
  where((value) => !/\p{Surrogate}/u.test(value as string), 'must be well-formed Unicode'),
);

/** `true` or `false`. */
export const truth = where((value) => typeof value === 'boolean', 'must be true or false');

/** A number that is none of the special ones. */
export const finite = where((value) => Number.isFinite(value), 'must be a number');

/** A whole number, not negative. */
export const wholeNumber = where(
  (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  'must be a whole number, not negative',
);

/** A number above zero. */
export const positive = where(
  (value) => Number.isFinite(value) && (value as number) > 0,
  'must be a number above zero',
);

/** A function; what it takes and gives is not looked at. */
export const callback = where((value) => typeof value === 'function', 'must be a function');

/** Something that can be written as JSON: no circle, no bigint, not nested without end. */
export const writable: Shape = where((value) => {
  try {
    return JSON.stringify(value) !== undefined;
  } catch {
    return false;
  }
}, 'cannot be written as JSON');

const contractId = text;

/** Parsed and checked here, so that a broken key is found before any request; the parsed key is kept. */
const privateKey = allOf(
  where(
    (value) => (typeof value === 'string' && value !== '') || (Buffer.isBuffer(value) && value.length > 0),
    'must be a string, or a Buffer, that is not empty',
  ),
  (pem) => {
    try {
      loadContractKey(pem as string | Buffer);
      return undefined;
    } catch (error) {
      return { path: '', message: error instanceof TypeValidationError ? error.message : 'is not usable' };
    }
  },
);

export const contractDetails = object({ contractId, privateKey });

const tokenPart = object({ value: text, expiry: finite });

export const userAccessToken = object({
  accessToken: tokenPart,
  refreshToken: tokenPart,
  user: optional(object({ id: optional(anyText) })),
  consentid: optional(anyText),
});

/** What every call accepts. */
export const callOptions = {
  signal: optional(where((value) => value instanceof AbortSignal, 'must be an AbortSignal')),
  onExchange: optional(callback),
  intercept: optional(callback),
};

const refreshOptions = {
  onAccessTokenChange: optionalOrNull(callback),
  onAccessTokenRefresh: optional(callback),
};

/** What every call on behalf of a user needs and accepts. */
export const userCall = { ...callOptions, ...refreshOptions, contractDetails, userAccessToken };

/** Arguments of a call that reads within a session, which names the contract in either of two ways. */
export function readCall(fields: Readonly<Record<string, Shape>>): Shape {
  const rest = { ...callOptions, ...refreshOptions, userAccessToken, ...fields };
  const nested = object({ contractDetails, ...rest });
  const flat = object({ contractId, privateKey, ...rest });
  return (value) =>
    (value as { contractDetails?: unknown } | null | undefined)?.contractDetails === undefined
      ? flat(value)
      : nested(value);
}

/** Those arguments in the form of all others. */
export function asUserCall(args: ReadCall): UserCall {
  const { contractId = '', privateKey = '', contractDetails, ...rest } = args;
  return { ...rest, contractDetails: contractDetails ?? { contractId, privateKey } };
}
