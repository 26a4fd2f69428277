import type { Claims } from '../crypto/jwt.js';

/** One HTTP exchange with the platform as it may be shown and logged: secrets are masked before it leaves the client. */
export interface Exchange {
  /** The documented call that made it, or `jwks` for the platform's key set. */
  call: string;
  /** 1 for the first request of a call, counting repeats after a refresh too. */
  attempt: number;
  /** Unix time in milliseconds, by the client's clock. */
  startedAt: number;
  durationMs: number;
  request: ExchangeRequest;
  /** Missing when no answer arrived. */
  response?: ExchangeResponse;
  /** Missing when the exchange gave what the call needs. */
  error?: { code: string; message: string };
}

/** What was sent. Bodies are shown only where they are JSON of ours: never a file, never a resource for a provider. */
export interface ExchangeRequest {
  method: string;
  /** Without secrets: the key of a session is masked. */
  url: string;
  /** The same, relative to the API base URL. */
  path: string;
  headers: Record<string, string>;
  jwtHeader?: Claims;
  claims?: Claims;
  fileDescriptor?: unknown;
  body?: unknown;
  bodyBytes: number;
}

/** What came back: useful headers only; a platform token appears as its (unverified) claims. */
export interface ExchangeResponse {
  status: number;
  statusText: string;
  headers: Record<string, string>;
  body?: unknown;
  bodyBytes: number;
}

/** Gets every exchange. What it throws, or rejects with, is ignored. */
export type ExchangeHook = (exchange: Exchange) => void;

/** Gives an exchange to the hooks; a hook that fails never disturbs the call. */
export function report(hooks: readonly ExchangeHook[], exchange: Exchange): void {
  for (const hook of hooks) {
    try {
      const outcome: unknown = hook(exchange);
      if (outcome instanceof Promise) outcome.catch(() => undefined);
    } catch {
      // Watching must not change what is watched.
    }
  }
}
