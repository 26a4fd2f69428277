import { type RequestHandler, Router } from 'express';

/** Something that must work before requests make sense; `check` throws when it does not. */
export interface ReadinessCheck {
  readonly name: string;
  /** Of something that all instances use: when it fails, it fails for each of them. */
  readonly isShared: boolean;
  check(): Promise<unknown>;
}

export interface Health {
  readonly router: Router;
  /** From now on `/readyz` says 503, so that no new traffic is sent here. */
  drain(): void;
}

/** A database on a dead disk does not fail, it hangs. */
const checkTimeoutMs = 3000;
/** Checks write to the disk: however often somebody asks, they run once in this time. */
const freshForMs = 1000;

async function outcomeOf({ name, check }: ReadinessCheck): Promise<[string, string]> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), checkTimeoutMs);
  });
  try {
    await Promise.race([check(), timeout]);
    return [name, 'ok'];
  } catch (error) {
    // A code of the system or the database says enough; a message might hold a path or an address.
    return [name, String((error as { code?: unknown }).code ?? 'failed')];
  } finally {
    clearTimeout(timer);
  }
}

/** Runs all checks, at most once a second; who asks meanwhile gets the same outcome. */
function sharedOutcomes(checks: readonly ReadinessCheck[]): () => Promise<Record<string, string>> {
  let latest: { outcomes: Promise<Record<string, string>>; endedAt?: number } | undefined;
  return () => {
    const isFresh =
      latest !== undefined &&
      (latest.endedAt === undefined || performance.now() - latest.endedAt < freshForMs);
    if (latest !== undefined && isFresh) return latest.outcomes;
    const started: NonNullable<typeof latest> = {
      outcomes: Promise.all(checks.map(outcomeOf)).then((outcomes) => {
        started.endedAt = performance.now();
        return Object.fromEntries(outcomes);
      }),
    };
    latest = started;
    return started.outcomes;
  };
}

/**
 * `GET /healthz`: the process answers. `GET /readyz`: it can take uploads; when it can't, the answer says which part is
 * in the way. `GET /readyz/instance`: the same without what all instances share, for who decides where requests go: with
 * the database away no instance is better than another one, and each says so by itself, with `Retry-After` and on a page.
 * @param access who is told about readiness
 */
export function createHealth(checks: readonly ReadinessCheck[], access: RequestHandler): Health {
  let draining = false;
  const router = Router();
  router.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  const answering = (some: readonly ReadinessCheck[]): RequestHandler => {
    const outcomesNow = sharedOutcomes(some);
    return async (_req, res) => {
      const outcomes = await outcomesNow();
      const ready = !draining && Object.values(outcomes).every((outcome) => outcome === 'ok');
      res
        .status(ready ? 200 : 503)
        .json({ status: draining ? 'shutting down' : ready ? 'ready' : 'not ready', checks: outcomes });
    };
  };
  router.get('/readyz', access, answering(checks));
  router.get('/readyz/instance', access, answering(checks.filter(({ isShared }) => !isShared)));
  return {
    router,
    drain: () => {
      draining = true;
    },
  };
}
