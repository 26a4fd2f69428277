import { text, truth } from '../arguments/arguments.js';
import type { CallOptions, ContractDetails } from '../arguments/call-options.js';
import {
  anyObject,
  object,
  oneOf,
  optional,
  optionalOrEmpty,
  type Shape,
  where,
} from '../arguments/shape.js';
import type { Client } from '../client.js';
import type { Claims } from '../crypto/jwt.js';
import { verifyPlatformToken } from '../token/platform-token.js';
import { callPlatform } from '../wire/platform-call.js';
import { parseAnswer } from '../wire/refusal.js';

/** A session of the platform. */
export interface Session {
  /** What the calls that read take as `sessionKey`; a secret. */
  key: string;
  /** When it ends, Unix time in milliseconds. */
  expiry: number;
}

/** What the platform is to do in the session that an onboarding starts: sent as `actions`, whatever it holds. */
export interface SessionOptions {
  /** What to read: `{ limits?, scope?, accept?: { compression? } }` as in `readSession`. */
  pull?: Record<string, unknown> | undefined;
  [action: string]: unknown;
}

/** What the pages of the onboarding can be told. */
export interface OnboardingUrlOptions {
  /** Whose sources are offered: `pull` (the default) to read from, `push` for those that data can be pushed to. */
  sourceType?: 'pull' | 'push' | undefined;
  /** Goes straight to this service, the `service.id` of a source. `NaN` counts as none. */
  serviceId?: number | undefined;
  /** Language of the pages, such as `en` or `nl`. Default: the browser's. */
  locale?: string | undefined;
  /** Offers sources that have sample data only as well. Default false. */
  includeSampleDataOnlySources?: boolean | undefined;
  /** Whether the platform begins to read from the source as soon as it is connected. */
  triggerQuery?: boolean | string | undefined;
  /** Limits the sources offered, as the `query.filter` of `querySources` does. */
  sourcesScope?: Record<string, unknown> | undefined;
  /** Connects sample data in place of a real source: `dataSet` is a name of `getServiceSampleDataSets`. */
  sampleData?: { dataSet: string; autoOnboard?: boolean | undefined } | undefined;
}

/** What an answer's `session` must have. @internal */
export const sessionShape: Shape = object({
  key: text,
  expiry: where((value) => Number.isFinite(value), 'must be a number'),
});

/** @internal */
export const sessionOptions: Shape = optional(
  (value) => anyObject(value) ?? object({ pull: optional(anyObject) })(value),
);

/** The shapes of those options. @internal */
export const onboardingUrlOptions: Record<keyof OnboardingUrlOptions, Shape> = {
  sourceType: optional(oneOf('pull', 'push')),
  // The published guide makes it with `toNumber(serviceId)`, which is NaN where there is no service.
  serviceId: optional(
    where(
      (value) => Number.isNaN(value) || (Number.isSafeInteger(value) && (value as number) >= 0),
      'must be a whole number, not negative',
    ),
  ),
  locale: optionalOrEmpty(text),
  includeSampleDataOnlySources: optional(truth),
  triggerQuery: optional(
    where(
      (value) => typeof value === 'boolean' || (typeof value === 'string' && value !== ''),
      'must be true, false or a string',
    ),
  ),
  sourcesScope: optional(anyObject),
  sampleData: optional(object({ dataSet: text, autoOnboard: optional(truth) })),
};

/** What the two onboarding calls, `oauth/authorize` and `oauth/token/reference`, have in common. @internal */
export interface OnboardingRequest {
  call: string;
  path: 'oauth/authorize' | 'oauth/token/reference';
  contract: ContractDetails;
  claims: Claims;
  actions?: SessionOptions | undefined;
  earlierAttempts?: number;
  options: CallOptions;
}

/** Announces a user to the platform and gives the code that goes into the URL the user is sent to, and the session. @internal */
export async function startOnboarding(
  client: Client,
  request: OnboardingRequest,
): Promise<{ code: string; session: Session }> {
  const field = request.path === 'oauth/authorize' ? 'preauthorization_code' : 'reference_code';
  const { call, path, actions } = request;
  const json = { agent: agentOf(client), ...(actions && { actions }) };
  const answer = await callPlatform(
    client,
    { call, method: 'POST', path, json, expected: 'json', repeat: 'safe' },
    request,
  );
  const payload = await verifyPlatformToken(client, answer, request.options);
  const { session } = parseAnswer<{ session: Session }>(
    object({ session: sessionShape }),
    answer.body,
    answer,
  );
  const codes = parseAnswer<Record<string, string>>(object({ [field]: text }), payload, answer);
  client.secrets.add(session.key, codes[field]);
  return { code: codes[field] ?? '', session: { key: session.key, expiry: session.expiry } };
}

/** The URL of a page of the onboarding (`protocol.md`, URLs that the user is sent to). It carries a code: never log it. @internal */
export function onboardingUrl(
  client: Client,
  page: 'authorize' | 'onboard' | 'user-reauth' | 'reauthorize',
  code: string,
  options: OnboardingUrlOptions & { accountRef?: string },
): string {
  const url = new URL(page, client.onboardUrl);
  const query: Record<string, unknown> = {
    code,
    accountRef: options.accountRef,
    sourceType: options.sourceType,
    service: Number.isNaN(options.serviceId) ? undefined : options.serviceId,
    lng: options.locale || undefined,
    triggerQuery: options.triggerQuery,
    includeSampleDataOnlySources: options.includeSampleDataOnlySources,
    sourcesScope: options.sourcesScope && JSON.stringify(options.sourcesScope),
    // Assumed: nobody published how the sample data are asked for.
    sampleDataSet: options.sampleData?.dataSet,
    sampleDataAutoOnboard: options.sampleData?.autoOnboard,
  };
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) url.searchParams.set(name, String(value));
  }
  return url.href;
}

/** How this client introduces itself in JSON bodies. @internal */
export function agentOf(client: Client): { sdk: { name: string; version: string; meta: { node: string } } } {
  return { sdk: { ...client.agent, meta: { node: process.version } } };
}
