import { existsSync, readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Contracts, liveProblems, readContracts } from './contracts.js';
import { readTracing, type TracingSettings } from './tracing.js';
import { parseTrustProxy } from './trust-proxy.js';

/** The value that `.env.example` shows: a start in live mode with it is refused. */
export const exampleAppSecret = 'change-me-to-32-random-characters-or-more';

/** Everything that can be set, checked and frozen. Sizes in bytes, times in the unit the name says. */
export interface Config {
  readonly mode: 'sandbox' | 'live';
  readonly host: string;
  readonly port: number;
  /** The app's public address with a final slash; `undefined` means: derived from the port that was bound. */
  readonly baseUrl: string | undefined;
  /** How many proxies stand before the app, or their addresses; `false`: none, and nobody's `X-Forwarded-*` is believed. */
  readonly trustProxy: number | string[] | false;
  /** Who is answered on `/metrics` and `/readyz`: this machine and private networks, or everybody. */
  readonly operationsAccess: 'private' | 'anywhere';
  readonly dataDir: string;
  readonly databaseUrl: string | undefined;
  /** The bucket for payloads; `undefined`: a folder in `dataDir`. */
  readonly payloadBucket: PayloadBucket | undefined;
  /** `undefined` only in sandbox mode, where one is made on first start and kept in `dataDir`. */
  readonly appSecret: string | undefined;
  /** What sealed before `appSecret`: still opens what it sealed, seals nothing new. */
  readonly appSecretPrevious: string | undefined;
  readonly logLevel: string;
  /** `undefined`: nothing is traced. */
  readonly tracing: TracingSettings | undefined;
  readonly digime: {
    readonly applicationId: string;
    readonly baseUrl: string;
    readonly onboardUrl: string;
    readonly contracts: Contracts;
  };
  readonly sandbox: {
    readonly host: string;
    readonly port: number;
    readonly url: string | undefined;
    readonly callbacks: readonly string[];
  };
  readonly uploads: UploadLimits;
  readonly dispatch: DispatchSettings;
  readonly retention: RetentionSettings;
  readonly rateLimits: {
    readonly startsPerMinute: number;
    readonly callbacksPerMinute: number;
    readonly uploadsPerMinute: number;
  };
  readonly drainMs: number;
}

/** A place in S3-compatible object storage. */
export interface PayloadBucket {
  readonly bucket: string;
  /** Put before every name, with its final slash; may be empty. */
  readonly prefix: string;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
}

export interface UploadLimits {
  readonly maxUploadBytes: number;
  readonly maxConcurrentUploads: number;
  readonly visitorQuotaBytes: number;
  readonly totalQuotaBytes: number;
  /** An upload that delivers no byte for this long is answered 408. */
  readonly uploadIdleTimeoutMs: number;
  /** Every other body must have arrived within this time. */
  readonly bodyTimeoutMs: number;
}

export interface DispatchSettings {
  readonly concurrency: number;
  readonly backoffBaseMs: number;
  readonly backoffCapMs: number;
  /** How long after it was accepted a push is still tried by itself. */
  readonly retryBudgetMs: number;
  readonly leaseMs: number;
  /** How long the payload of a failed push is kept for a retry by hand. */
  readonly failedRetentionMs: number;
  readonly pushTimeoutMs: number;
}

/** When what nobody comes back to ends, in milliseconds. */
export interface RetentionSettings {
  /** A push that waits for a permission is cancelled, and its payload removed. */
  readonly waitingMs: number;
  /** An entry of the history is removed, counted from its last change. */
  readonly historyMs: number;
  /** A connection is dropped, counted from its visitor's last visit. */
  readonly connectionMs: number;
}

/** All that was wrong with the environment, by the variables' names; never a value. */
export class ConfigError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(`The settings are not usable:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

const dayMs = 86_400_000;

type Environment = Readonly<Record<string, string | undefined>>;

const whole = (fallback: number, min: number, max = Number.MAX_SAFE_INTEGER) =>
  z.coerce
    .number(`must be a whole number from ${min} to ${max}`)
    .int('must be a whole number')
    .min(min, `must be at least ${min}`)
    .max(max, `must be at most ${max}`)
    .default(fallback);

const address = z
  .url({ protocol: /^https?$/, error: 'must be an http(s) address' })
  .refine((text) => !hasExtras(text), 'must have no user name, query or fragment');

function hasExtras(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password, search, hash } = new URL(text);
  return `${username}${password}${search}${hash}` !== '';
}

/** Cookies, redirects and links of the app are made for the root of its address. */
const isRoot = (text: string) => !URL.canParse(text) || new URL(text).pathname === '/';

/** Bucket names: 3 to 63 lower-case letters, digits, dots and hyphens (Amazon S3 User Guide, "Bucket naming rules"). */
const bucketAddress = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([\w.\-/]*?))?\/?$/;

const leastDistinctCharacters = 10;
const isVaried = (secret: string) => new Set(secret).size >= leastDistinctCharacters;
const secret = z
  .string()
  .min(32, { error: 'must have at least 32 characters', abort: true })
  .refine(isVaried, 'repeats a few characters: choose at least 32 random ones (openssl rand -base64 32)');

const schema = z.object({
  PORT: whole(8081, 0, 65535),
  HOST: z.string().default('127.0.0.1'),
  BASE_URL: address
    .refine(isRoot, 'must have no path: the app answers at the root of its address')
    .optional(),
  TRUST_PROXY: z.string().default('false'),
  OPERATIONS_ACCESS: z.enum(['private', 'anywhere'], 'must be private or anywhere').default('private'),
  DATA_DIR: z.string().default('.data'),
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must be a postgres:// address')
    .optional(),
  PAYLOAD_STORE: z.string().regex(bucketAddress, 'must be s3://bucket or s3://bucket/prefix').optional(),
  S3_ENDPOINT: address.optional(),
  S3_REGION: z.string().optional(),
  APP_SECRET: secret.optional(),
  APP_SECRET_PREVIOUS: secret.optional(),
  LOG_LEVEL: z
    .enum(
      ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'],
      'must be one of trace, debug, info, warn, error, fatal, silent',
    )
    .default('info'),
  OTEL_EXPORTER_OTLP_ENDPOINT: address.optional(),
  OTEL_EXPORTER_OTLP_HEADERS: z.string().optional(),
  OTEL_SERVICE_NAME: z.string().default('digime-push-onboarding'),
  OTEL_BSP_SCHEDULE_DELAY: whole(5000, 1, 3_600_000),
  DIGIME_MODE: z.enum(['sandbox', 'live'], 'must be sandbox or live').optional(),
  DIGIME_BASE_URL: address.default('https://api.digi.me/v1.7/'),
  DIGIME_ONBOARD_URL: address.default('https://api.digi.me/apps/saas/'),
  MAX_UPLOAD_BYTES: whole(100 * 2 ** 20, 1),
  MAX_CONCURRENT_UPLOADS: whole(128, 1, 100_000),
  VISITOR_QUOTA_BYTES: whole(4 * 2 ** 30, 1),
  TOTAL_QUOTA_BYTES: whole(20 * 2 ** 30, 1),
  UPLOAD_IDLE_TIMEOUT_SECONDS: whole(30, 1, 3600),
  BODY_TIMEOUT_SECONDS: whole(30, 1, 3600),
  PUSH_CONCURRENCY: whole(16, 1, 1000),
  PUSH_BACKOFF_BASE_MS: whole(1000, 1, 3_600_000),
  PUSH_BACKOFF_CAP_MS: whole(900_000, 1, 86_400_000),
  PUSH_RETRY_BUDGET_SECONDS: whole(86_400, 1),
  PUSH_LEASE_SECONDS: whole(60, 1, 3600),
  PUSH_TIMEOUT_SECONDS: whole(60, 1, 3600),
  FAILED_RETENTION_HOURS: whole(168, 1),
  WAITING_RETENTION_DAYS: whole(30, 1, 3650),
  HISTORY_RETENTION_DAYS: whole(90, 1, 3650),
  CONNECTION_RETENTION_DAYS: whole(90, 1, 3650),
  RATE_LIMIT_STARTS_PER_MINUTE: whole(120, 1),
  RATE_LIMIT_CALLBACKS_PER_MINUTE: whole(240, 1),
  RATE_LIMIT_UPLOADS_PER_MINUTE: whole(6000, 1),
  DRAIN_SECONDS: whole(10, 0, 600),
  SANDBOX_PORT: whole(8082, 0, 65535),
  SANDBOX_HOST: z.string().default('127.0.0.1'),
  SANDBOX_URL: address.optional(),
  SANDBOX_CALLBACKS: z.string().default(''),
});

/** `NAME_FILE` holds the path of a file with the value: how container platforms hand out secrets. */
function withFiles(env: Environment, problems: string[]): Record<string, string> {
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value === undefined || value.trim() === '') continue;
    if (!name.endsWith('_FILE')) {
      settings[name] ??= value;
      continue;
    }
    const target = name.slice(0, -'_FILE'.length);
    if (!(target in schema.shape) && !/^DIGIME_/.test(target)) continue;
    if (existsSync(value)) settings[target] = readFileSync(value, 'utf8').trim();
    else problems.push(`${name} names a file that is not there`);
  }
  return settings;
}

function readPayloadBucket(set: z.infer<typeof schema>): PayloadBucket | undefined {
  const [, bucket, prefix = ''] = bucketAddress.exec(set.PAYLOAD_STORE ?? '') ?? [];
  if (bucket === undefined) return undefined;
  return {
    bucket,
    prefix: prefix === '' ? '' : `${prefix}/`,
    endpoint: set.S3_ENDPOINT,
    region: set.S3_REGION,
  };
}

const withSlash = (url: string) => (url.endsWith('/') ? url : `${url}/`);

/**
 * Turns an environment into a frozen configuration. Live mode is chosen by `DIGIME_MODE` or, where that is not set, by
 * the presence of any credential.
 * @throws ConfigError with every problem at once.
 */
export function loadConfig(env: Environment): Config {
  const problems: string[] = [];
  const settings = withFiles(env, problems);
  const parsed = schema.safeParse(settings);
  if (!parsed.success) {
    for (const issue of parsed.error.issues) problems.push(`${issue.path.join('.')} ${issue.message}`);
    throw new ConfigError(problems);
  }
  const set = parsed.data;
  const mode =
    set.DIGIME_MODE ??
    (settings.DIGIME_APPLICATION_ID || settings.DIGIME_CONTRACT_ID || settings.DIGIME_PRIVATE_KEY
      ? 'live'
      : 'sandbox');
  const { applicationId, contracts } =
    mode === 'live'
      ? readContracts(settings, problems)
      : { applicationId: '', contracts: { library: { contractId: '', privateKey: '' } } };
  if (mode === 'live') problems.push(...liveProblems(settings, set, exampleAppSecret));
  const trustProxy = parseTrustProxy(set.TRUST_PROXY, problems);
  const tracing = readTracing(set, problems);
  if (set.BASE_URL?.startsWith('https:') && trustProxy === false) {
    // The app itself speaks http: express-session would silently not set the Secure cookie.
    problems.push(
      'TRUST_PROXY must be set when BASE_URL is an https address: TLS ends at a proxy before the app',
    );
  }
  if (settings.VISITOR_QUOTA_BYTES && set.VISITOR_QUOTA_BYTES < set.MAX_UPLOAD_BYTES)
    problems.push(
      'VISITOR_QUOTA_BYTES must be at least MAX_UPLOAD_BYTES: no file of that size could be taken',
    );
  if (settings.TOTAL_QUOTA_BYTES && set.TOTAL_QUOTA_BYTES < set.MAX_UPLOAD_BYTES)
    problems.push('TOTAL_QUOTA_BYTES must be at least MAX_UPLOAD_BYTES: no file of that size could be taken');
  for (const name of ['S3_ENDPOINT', 'S3_REGION'] as const)
    if (set[name] !== undefined && set.PAYLOAD_STORE === undefined)
      problems.push(`${name} means nothing without PAYLOAD_STORE`);
  if (set.PAYLOAD_STORE !== undefined && set.S3_REGION === undefined && set.S3_ENDPOINT !== undefined)
    problems.push('S3_REGION must be set with S3_ENDPOINT (us-east-1 is what most servers expect)');
  if (set.PAYLOAD_STORE !== undefined && set.DATABASE_URL !== undefined && set.APP_SECRET === undefined)
    problems.push(
      'APP_SECRET must be set with DATABASE_URL and PAYLOAD_STORE: instances without a common folder would each make their own, and open nothing of the others',
    );
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze<Config>({
    mode,
    host: set.HOST,
    port: set.PORT,
    baseUrl: set.BASE_URL === undefined ? undefined : withSlash(set.BASE_URL),
    trustProxy,
    operationsAccess: set.OPERATIONS_ACCESS,
    dataDir: set.DATA_DIR,
    databaseUrl: set.DATABASE_URL,
    payloadBucket: readPayloadBucket(set),
    appSecret: set.APP_SECRET,
    appSecretPrevious: set.APP_SECRET_PREVIOUS,
    logLevel: set.LOG_LEVEL,
    tracing,
    digime: {
      applicationId,
      baseUrl: withSlash(set.DIGIME_BASE_URL),
      onboardUrl: withSlash(set.DIGIME_ONBOARD_URL),
      contracts,
    },
    sandbox: {
      host: set.SANDBOX_HOST,
      port: set.SANDBOX_PORT,
      url: set.SANDBOX_URL && withSlash(set.SANDBOX_URL),
      callbacks: set.SANDBOX_CALLBACKS.split(',')
        .map((part) => part.trim())
        .filter(Boolean),
    },
    uploads: {
      maxUploadBytes: set.MAX_UPLOAD_BYTES,
      maxConcurrentUploads: set.MAX_CONCURRENT_UPLOADS,
      visitorQuotaBytes: Math.max(
        set.VISITOR_QUOTA_BYTES,
        settings.VISITOR_QUOTA_BYTES ? 0 : 4 * set.MAX_UPLOAD_BYTES,
      ),
      totalQuotaBytes: Math.max(
        set.TOTAL_QUOTA_BYTES,
        settings.TOTAL_QUOTA_BYTES ? 0 : 8 * set.MAX_UPLOAD_BYTES,
      ),
      uploadIdleTimeoutMs: set.UPLOAD_IDLE_TIMEOUT_SECONDS * 1000,
      bodyTimeoutMs: set.BODY_TIMEOUT_SECONDS * 1000,
    },
    dispatch: {
      concurrency: set.PUSH_CONCURRENCY,
      backoffBaseMs: set.PUSH_BACKOFF_BASE_MS,
      backoffCapMs: set.PUSH_BACKOFF_CAP_MS,
      retryBudgetMs: set.PUSH_RETRY_BUDGET_SECONDS * 1000,
      leaseMs: set.PUSH_LEASE_SECONDS * 1000,
      failedRetentionMs: set.FAILED_RETENTION_HOURS * 3_600_000,
      pushTimeoutMs: set.PUSH_TIMEOUT_SECONDS * 1000,
    },
    retention: {
      waitingMs: set.WAITING_RETENTION_DAYS * dayMs,
      historyMs: set.HISTORY_RETENTION_DAYS * dayMs,
      connectionMs: set.CONNECTION_RETENTION_DAYS * dayMs,
    },
    rateLimits: {
      startsPerMinute: set.RATE_LIMIT_STARTS_PER_MINUTE,
      callbacksPerMinute: set.RATE_LIMIT_CALLBACKS_PER_MINUTE,
      uploadsPerMinute: set.RATE_LIMIT_UPLOADS_PER_MINUTE,
    },
    drainMs: set.DRAIN_SECONDS * 1000,
  });
}
