import { Router } from 'express';

/** Something that must work before requests make sense; `check` throws when it does not. */
export interface ReadinessCheck {
  readonly name: string;
  check(): Promise<unknown>;
}

export interface Health {
  readonly router: Router;
  /** From now on `/readyz` says 503, so that no new traffic is sent here. */
  drain(): void;
}

/** A database on a dead disk does not fail, it hangs. */
const checkTimeoutMs = 3000;

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

/** `GET /healthz`: the process answers. `GET /readyz`: it can take uploads; when it can't, the answer says which part is in the way. */
export function createHealth(checks: readonly ReadinessCheck[]): Health {
  let draining = false;
  const router = Router();
  router.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  router.get('/readyz', async (_req, res) => {
    const outcomes = Object.fromEntries(await Promise.all(checks.map(outcomeOf)));
    const ready = !draining && Object.values(outcomes).every((outcome) => outcome === 'ok');
    res
      .status(ready ? 200 : 503)
      .json({ status: draining ? 'shutting down' : ready ? 'ready' : 'not ready', checks: outcomes });
  });
  return {
    router,
    drain: () => {
      draining = true;
    },
  };
}
