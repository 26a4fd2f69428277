import { setTimeout as sleep } from 'node:timers/promises';

/** Looks again and again until `look` gives something true; fails with what was seen last. */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  isTrue: (seen: T) => boolean = Boolean,
  withinMs = 90_000,
): Promise<T> {
  const until = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (isTrue(seen)) return seen;
    if (Date.now() > until) throw new Error(`never came: ${what}; last seen: ${JSON.stringify(seen)}`);
    await sleep(20);
  }
}
