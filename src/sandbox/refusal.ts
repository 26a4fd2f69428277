import { randomHex } from './random.js';

/** Code → status. The first seven codes are published; the others are the sandbox's own choice (see docs/sandbox.md). */
const statuses = {
  InvalidToken: 401,
  InvalidRedirectUri: 400,
  InvalidClient: 401,
  InsufficientScope: 403,
  SDKInvalid: 400,
  SDKVersionInvalid: 400,
  ServiceAuthorizationError: 511,
  InvalidRequest: 400,
  InvalidGrant: 400,
  NotFound: 404,
  RequestTimeout: 408,
  Conflict: 409,
  PayloadTooLarge: 413,
  UnsupportedMediaType: 415,
  InvalidResource: 422,
  TooManyRequests: 429,
  InternalServerError: 500,
  BadGateway: 502,
  ServiceUnavailable: 503,
  GatewayTimeout: 504,
} as const;

export type RefusalCode = keyof typeof statuses;

/** A request that the platform turns down: the documented code, its status and what an integrator has to mend. */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly status: number;
  readonly reference = randomHex(8);
  /** More members for the body beside `error`. */
  readonly extra: Record<string, unknown>;

  constructor(code: RefusalCode, message: string, extra: Record<string, unknown> = {}) {
    super(message);
    this.name = 'Refusal';
    this.code = code;
    this.status = statuses[code];
    this.extra = extra;
  }

  /** The answer's body, in the shape of protocol.md, "Errors". */
  body(): Record<string, unknown> {
    const { code, message, reference } = this;
    return { error: { code, message, reference }, ...this.extra };
  }
}

/** The code that digi.me would plausibly send with this status. */
export function codeForStatus(status: number): RefusalCode {
  const found = (Object.keys(statuses) as RefusalCode[]).find(
    (code) => statuses[code] === status && code !== 'InvalidRedirectUri',
  );
  if (status === 400) return 'InvalidRequest';
  return found ?? (status >= 500 ? 'InternalServerError' : 'InvalidRequest');
}
