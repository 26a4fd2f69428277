import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { ServerError } from '../../../src/digime/index.js';
import { AppError } from '../../../src/errors.js';
import { backoffMs, classifyFailure } from '../../../src/push/delivery/classify-failure.js';

const failure = (code: string, statusCode: number, retryAfterMs?: number) =>
  new ServerError(
    { code, message: '', reference: '', statusCode, statusMessage: '' },
    retryAfterMs === undefined ? {} : { retryAfterMs },
  );

describe('what follows from a failed attempt', () => {
  test.each<[string, number, string, boolean | undefined]>([
    ['InvalidToken', 401, 'reauthorize', undefined],
    ['ServiceAuthorizationError', 511, 'reauthorize', undefined],
    ['TooManyRequests', 429, 'retry', false],
    ['RequestTimeout', 408, 'retry', false],
    ['ServiceUnavailable', 503, 'retry', false],
    ['InternalServerError', 500, 'retry', true],
    ['BadGateway', 502, 'retry', true],
    ['GatewayTimeout', 504, 'retry', true],
    ['ConnectionRefused', 0, 'retry', false],
    ['HostNotFound', 0, 'retry', false],
    ['ConnectionReset', 0, 'retry', true],
    ['Timeout', 0, 'retry', true],
    ['Timeout', 200, 'retry', true],
    ['TruncatedResponse', 200, 'retry', true],
    ['UnexpectedContentType', 200, 'retry', true],
    ['UnexpectedResponse', 200, 'retry', true],
    ['ResponseTooLarge', 200, 'retry', true],
    ['Aborted', 0, 'retry', true],
    ['FileSourceFailed', 0, 'retry', false],
    ['InvalidRequest', 400, 'fail', false],
    ['InsufficientScope', 403, 'fail', false],
    ['PayloadTooLarge', 413, 'fail', false],
    ['InvalidResource', 422, 'fail', false],
    ['InvalidClient', 401, 'fail', false],
    ['NotFound', 404, 'fail', false],
    ['UnexpectedResponse', 404, 'fail', false],
    ['RedirectNotFollowed', 302, 'fail', true],
    ['TlsFailed', 0, 'fail', false],
    ['FileSizeMismatch', 0, 'fail', false],
    ['constructor', 400, 'fail', false],
  ])('%s with status %d: %s', (code, status, outcome, possiblyArrived) => {
    const verdict = classifyFailure(failure(code, status));
    expect(verdict.outcome).toBe(outcome);
    expect('possiblyArrived' in verdict ? verdict.possiblyArrived : undefined).toBe(possiblyArrived);
  });

  test('Retry-After is handed on', () => {
    expect(classifyFailure(failure('TooManyRequests', 429, 7000))).toMatchObject({ afterMs: 7000 });
    expect(classifyFailure(failure('ServiceUnavailable', 503, 0))).toMatchObject({ afterMs: 0 });
    expect(classifyFailure(failure('ServiceUnavailable', 503))).not.toHaveProperty('afterMs');
  });

  test('what is no error of the client is never given up at once', () => {
    for (const error of [new Error('disk'), new AppError('StorageUnavailable'), 'text', undefined])
      expect(classifyFailure(error)).toEqual({ outcome: 'retry', possiblyArrived: false });
  });
});

describe('the wait before the next attempt', () => {
  const settings = { backoffBaseMs: 1000, backoffCapMs: 60_000 };

  test('doubles, with a jitter between half of it and all of it', () => {
    for (const [attempts, step] of [
      [1, 1000],
      [2, 2000],
      [3, 4000],
      [6, 32_000],
      [7, 60_000],
      [500, 60_000],
    ] as const) {
      expect(backoffMs(attempts, settings, undefined, () => 0)).toBe(step / 2);
      expect(backoffMs(attempts, settings, undefined, () => 1)).toBe(step);
    }
  });

  test('is never shorter than Retry-After nor longer than the cap', () => {
    const random = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 1e6 }),
        fc.option(fc.nat(1e9)),
        random,
        (attempts, after, chance) => {
          const wait = backoffMs(attempts, settings, after ?? undefined, () => chance);
          expect(wait).toBeGreaterThanOrEqual(Math.min(after ?? 0, settings.backoffCapMs));
          expect(wait).toBeGreaterThanOrEqual(500);
          expect(wait).toBeLessThanOrEqual(settings.backoffCapMs);
        },
      ),
    );
  });
});
