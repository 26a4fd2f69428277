import { createHash } from 'node:crypto';
import type { Request, RequestHandler } from 'express';
import { ipKeyGenerator, rateLimit, type Store } from 'express-rate-limit';
import type { Config } from '../config/index.js';
import { AppError } from '../errors.js';
import type { Database } from '../storage/index.js';
import { visitorOf } from './session.js';

const windowMs = 60_000;

/** What each kind of request is limited by. */
export interface RateLimits {
  /** Of everything that sends a person to digi.me. */
  readonly starts: RequestHandler[];
  readonly callbacks: RequestHandler[];
  readonly uploads: RequestHandler[];
}

interface RateLimitRow {
  key_hash: string;
  hits: number;
  reset_at: number;
}

/**
 * Counts in the database, so that all processes on one PostgreSQL share a limit. Written here because the stores on
 * offer for PostgreSQL bring their own connections, migrations and schema; this is one statement. Keys are stored as
 * hashes: addresses are personal data.
 */
class SharedStore implements Store {
  readonly localKeys = false;
  readonly #database: Database;
  readonly #name: string;
  readonly #now: () => number;

  constructor(database: Database, name: string, now: () => number) {
    this.#database = database;
    this.#name = name;
    this.#now = now;
  }

  #hash(key: string): string {
    return createHash('sha256').update(`${this.#name} ${key}`).digest('hex');
  }

  async increment(key: string): Promise<{ totalHits: number; resetTime: Date }> {
    const now = this.#now();
    const rows = await this.#database<RateLimitRow>('rate_limits')
      .insert({ key_hash: this.#hash(key), hits: 1, reset_at: now + windowMs })
      .onConflict('key_hash')
      .merge({
        hits: this.#database.raw('case when rate_limits.reset_at <= ? then 1 else rate_limits.hits + 1 end', [
          now,
        ]),
        reset_at: this.#database.raw(
          'case when rate_limits.reset_at <= ? then excluded.reset_at else rate_limits.reset_at end',
          [now],
        ),
      } as never)
      .returning(['hits', 'reset_at']);
    const { hits, reset_at: resetAt } = rows[0] as RateLimitRow;
    // The first of a new window removes what nobody asks for any more, a few at a time.
    if (hits === 1) await this.#sweep(now);
    return { totalHits: hits, resetTime: new Date(Number(resetAt)) };
  }

  async decrement(key: string): Promise<void> {
    await this.#database('rate_limits').where('key_hash', this.#hash(key)).decrement('hits', 1);
  }

  async resetKey(key: string): Promise<void> {
    await this.#database('rate_limits').where('key_hash', this.#hash(key)).delete();
  }

  async #sweep(now: number): Promise<void> {
    const old = this.#database('rate_limits')
      .select('key_hash')
      .where('reset_at', '<', now - windowMs)
      .limit(20);
    await this.#database('rate_limits').whereIn('key_hash', old).delete();
  }
}

/**
 * The limits of requests a minute, each for one address (as Express sees it: `TRUST_PROXY` decides who is believed) and
 * for one visitor, so that neither many visitors at one address nor one visitor with many addresses gets round them.
 * @param shared the database to count in where several processes share it; without one this process counts by itself
 */
export function createRateLimits(
  settings: Config['rateLimits'],
  shared: Database | undefined,
  now: () => number,
): RateLimits {
  const limits = (name: string, perMinute: number): RequestHandler[] =>
    (['address', 'visitor'] as const).map((by) =>
      rateLimit({
        windowMs,
        limit: perMinute,
        standardHeaders: 'draft-8',
        identifier: `${name}-by-${by}`,
        legacyHeaders: false,
        ...(shared && { store: new SharedStore(shared, `${name} ${by}`, now) }),
        // Without its database the app answers 503 anyway; the limit must not turn that into 500.
        passOnStoreError: true,
        skip: (req) => by === 'visitor' && visitorOf(req as Request) === undefined,
        keyGenerator: (req) =>
          by === 'visitor' ? (visitorOf(req as Request) ?? '') : ipKeyGenerator(req.ip ?? ''),
        // A proxy that is not trusted is an operator's mistake to find in the log, not a reason to fail a person's request.
        validate: { xForwardedForHeader: false, forwardedHeader: false, trustProxy: false },
        handler: (req, _res, next) => {
          const resetTime = (req as { rateLimit?: { resetTime?: Date } }).rateLimit?.resetTime;
          const retryAfterSeconds = Math.max(1, Math.ceil(((resetTime?.getTime() ?? 0) - now()) / 1000));
          next(
            new AppError('TooManyRequests', { retryAfterSeconds, values: { seconds: retryAfterSeconds } }),
          );
        },
      }),
    );
  return {
    starts: limits('starts', settings.startsPerMinute),
    callbacks: limits('callbacks', settings.callbacksPerMinute),
    uploads: limits('uploads', settings.uploadsPerMinute),
  };
}
