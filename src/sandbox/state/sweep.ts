import { forgetOldNonces } from '../identity/client-jwt.js';
import { forgetOldTokens } from '../identity/tokens.js';
import type { Platform } from '../platform.js';

const dayMs = 86_400_000;

/** Forgets what has long expired, so that a sandbox may run for months. */
export function sweep(platform: Platform): void {
  forgetOldNonces(platform);
  forgetOldTokens(platform);
  const horizon = platform.clock.aged() - dayMs;
  const { codes, consents, sessions, withdrawals } = platform.state;
  for (const expiring of [codes, consents, sessions, withdrawals]) {
    expiring.dropWhere(({ expiresAt }: { expiresAt: number }) => expiresAt < horizon);
  }
}
