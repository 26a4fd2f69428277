import { AppError } from './errors.js';
import type { PushFailure, PushTarget, SandboxSwitches, SwitchState } from './inspector/index.js';
import type { ClockReading, FaultRequest, PendingFault, SandboxControl } from './sandbox/index.js';

/** The part of a sandbox's control that the switches are made of; local or over HTTP. */
export interface FaultDesk {
  addFault(fault: FaultRequest): Promise<unknown>;
  faults(): Promise<{ faults: PendingFault[] }>;
  clearFaults(): Promise<unknown>;
  advanceClock(seconds: number): Promise<unknown>;
  clock(): Promise<ClockReading>;
}

const maxWaiting = 10;
const retryAfterSeconds = 3;
const routes = { library: 'import', provider: 'provider-import' } as const;
const failures: Record<PushFailure, Omit<FaultRequest, 'route'>> = {
  unavailable: { status: 503, headers: { 'retry-after': String(retryAfterSeconds) } },
  'answer-lost': { behaviour: 'lose-response' },
  refused: { status: 422 },
};
/** More than a minute's worth of calls: while it waits, the platform is down. */
const outage: FaultRequest = {
  route: '*',
  times: 1_000_000,
  status: 503,
  headers: { 'retry-after': String(retryAfterSeconds) },
};
/** The sandbox's lifetimes (one hour, 30 days), and a minute. */
const beyond = { access: 3600 + 60, refresh: 30 * 86_400 + 60 };

/** The control of a sandbox in this process. */
export function localDesk(control: SandboxControl): FaultDesk {
  return {
    addFault: async (fault) => control.addFault(fault),
    faults: async () => control.faults(),
    clearFaults: async () => control.clearFaults(),
    advanceClock: async (seconds) => control.advanceClock(seconds),
    clock: async () => control.clock(),
  };
}

/** The control of a sandbox in another process on this machine, by its `/sandbox/` routes. `url` ends in a slash. */
export function remoteDesk(url: string): FaultDesk {
  const ask = async (method: string, route: 'faults' | 'clock', body?: unknown) => {
    try {
      const response = await fetch(new URL(`sandbox/${route}`, url), {
        method,
        redirect: 'error',
        signal: AbortSignal.timeout(5000),
        ...(body !== undefined && {
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        }),
      });
      if (!response.ok) throw new Error(`the sandbox's control answered ${response.status}`);
      return await response.json();
    } catch (cause) {
      throw new AppError('DigimeUnreachable', { cause });
    }
  };
  return {
    addFault: (fault) => ask('POST', 'faults', fault),
    faults: () => ask('GET', 'faults') as Promise<{ faults: PendingFault[] }>,
    clearFaults: () => ask('DELETE', 'faults'),
    advanceClock: (advanceSeconds) => ask('POST', 'clock', { advanceSeconds }),
    clock: () => ask('GET', 'clock') as Promise<ClockReading>,
  };
}

/**
 * The switches of the "what if" page over a sandbox's control. The end of an outage is kept by a timer of this process:
 * when it dies first, `restore` ends the outage.
 */
export function createSandboxSwitches(desk: FaultDesk, now: () => number = Date.now): SandboxSwitches {
  let ending: { timer: NodeJS.Timeout; until: number } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  // One after the other: between "clear all" and what is put back, another press would be lost or be seen half done.
  const inTurn = <Result>(work: () => Promise<Result>): Promise<Result> => {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  };

  const endOutage = async () => {
    clearTimeout(ending?.timer);
    ending = undefined;
    const { faults } = await desk.faults();
    // The control knows only "clear all": what else was waiting is put back.
    await desk.clearFaults();
    for (const { id: _id, remaining, ...fault } of faults.filter((fault) => !isOutage(fault)))
      await desk.addFault({ ...fault, times: remaining });
  };
  const isFull = async (route: FaultRequest['route'], how: PushFailure) => {
    const { faults } = await desk.faults();
    const same = faults.filter((fault) => fault.route === route && failureOf(fault) === how);
    return same.reduce((sum, { remaining }) => sum + remaining, 0) >= maxWaiting;
  };
  return {
    failNextPush: (how, target = 'library') =>
      inTurn(async () => {
        const route = routes[target];
        if (!(await isFull(route, how))) await desk.addFault({ route, ...failures[how] });
      }),
    expireTokens: (which) => inTurn(async () => void (await desk.advanceClock(beyond[which]))),
    takeDown: (seconds) =>
      inTurn(async () => {
        await endOutage();
        await desk.addFault(outage);
        const timer = setTimeout(() => void inTurn(endOutage).catch(() => undefined), seconds * 1000);
        timer.unref();
        ending = { timer, until: now() + seconds * 1000 };
      }),
    restore: () =>
      inTurn(async () => {
        clearTimeout(ending?.timer);
        ending = undefined;
        await desk.clearFaults();
      }),
    state: () =>
      inTurn(async () => {
        const [{ faults }, { advancedSeconds }] = await Promise.all([desk.faults(), desk.clock()]);
        return { ...readFaults(faults, ending?.until), advancedSeconds };
      }),
  };
}

function readFaults(
  faults: readonly PendingFault[],
  until: number | undefined,
): Omit<SwitchState, 'advancedSeconds'> {
  const waiting = new Map<string, SwitchState['pushFailures'][number]>();
  let others = 0;
  for (const fault of faults) {
    const how = failureOf(fault);
    const target = (Object.keys(routes) as PushTarget[]).find((name) => routes[name] === fault.route);
    if (how === undefined || target === undefined) {
      if (!isOutage(fault)) others += 1;
      continue;
    }
    const key = `${how} ${target}`;
    waiting.set(key, { how, target, remaining: fault.remaining + (waiting.get(key)?.remaining ?? 0) });
  }
  return {
    pushFailures: [...waiting.values()],
    ...(faults.some(isOutage) && { down: until === undefined ? {} : { until } }),
    others,
  };
}

function failureOf(fault: FaultRequest): PushFailure | undefined {
  return (Object.keys(failures) as PushFailure[]).find(
    (how) => failures[how].status === fault.status && failures[how].behaviour === fault.behaviour,
  );
}

function isOutage(fault: FaultRequest): boolean {
  return fault.route === '*' && fault.status === 503;
}
