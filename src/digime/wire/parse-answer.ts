import type { z } from 'zod';
import { ownError } from './interpret-refusal.js';
import type { PlatformAnswer } from './platform-call.js';

/**
 * A value of an accepted answer in the shape that the protocol demands. Throws `ServerError` (`UnexpectedResponse`), which
 * names the fields that are missing or wrong, never their values.
 */
export function parseAnswer<Shape extends z.ZodType>(
  shape: Shape,
  value: unknown,
  answer: PlatformAnswer,
): z.output<Shape> {
  const parsed = shape.safeParse(value);
  if (parsed.success) return parsed.data;
  const fields = [...new Set(parsed.error.issues.map((issue) => issue.path.join('.') || 'the body'))].join(
    ', ',
  );
  throw ownError(answer.identity, 'UnexpectedResponse', `missing or wrong in the answer: ${fields}`, {
    status: answer.status,
    statusText: '',
  });
}
