import { z } from 'zod';
import { loadContractKey } from './contract-key.js';
import { TypeValidationError } from './type-validation-error.js';

/**
 * Checks the arguments of a documented call before anything is sent. Throws `TypeValidationError` naming the argument
 * and what it should be, never its value.
 */
export function checkArguments(call: string, shape: z.ZodType, value: unknown): void {
  const parsed = shape.safeParse(value);
  if (parsed.success) return;
  const issue = parsed.error.issues[0];
  const name = issue?.path.map(String).join('.') || 'the argument';
  throw new TypeValidationError(`${call}: ${name}: ${issue?.message ?? 'wrong'}`);
}

/** A string that is not empty. */
export const text = z.string().min(1, 'must not be empty');

/** A string that may stand in a header: printable ASCII, no spaces. */
export const headerText = text.regex(/^[\x21-\x7e]+$/, 'must be printable ASCII without spaces');

/** A string that stands for one segment of a path. */
export const pathSegment = text
  .refine((value) => value !== '.' && value !== '..', 'must not be a relative path')
  .refine((value) => !/\p{Surrogate}/u.test(value), 'must be well-formed Unicode');

export const contractId = text;

/** Parsed and checked here, so that a broken key is found before any request; the parsed key is kept. */
export const privateKey = text.superRefine((pem, context) => {
  try {
    loadContractKey(pem);
  } catch (error) {
    context.addIssue({
      code: 'custom',
      message: error instanceof TypeValidationError ? error.message : 'is not usable',
    });
  }
});

export const contractDetails = z.object({ contractId, privateKey });

const tokenPart = z.object({ value: text, expiry: z.number() });

export const userAccessToken = z.object({
  accessToken: tokenPart,
  refreshToken: tokenPart,
  user: z.object({ id: z.string().optional() }).optional(),
  consentid: z.string().optional(),
});

/** A function; what it takes and gives is not looked at. */
export const callback = z.custom<(...parameters: never[]) => unknown>(
  (value) => typeof value === 'function',
  'expected a function',
);

/** What every call accepts. */
export const callOptions = {
  signal: z.instanceof(AbortSignal, { message: 'expected an AbortSignal' }).optional(),
  onExchange: callback.optional(),
};

/** What every call on behalf of a user needs and accepts. */
export const userCall = {
  ...callOptions,
  contractDetails,
  userAccessToken,
  onAccessTokenChange: callback.optional(),
  onAccessTokenRefresh: callback.optional(),
};

/** The id of a service or data set: a whole number, not negative. */
export const wholeNumber = z.number().int().nonnegative();

/** An object that is no array, of any content. */
export const anyObject = z.custom<Record<string, unknown>>(
  (value) =>
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array),
  'expected an object',
);
