import { anyObject, object, oneOf, optional, where } from '../arguments/argument-shape.js';
import { text, truth, wholeNumber } from '../arguments/arguments.js';
import type { Client } from '../client.js';

/** What the pages of the onboarding can be told. */
export interface OnboardingUrlOptions {
  /** Whose sources are offered: `pull` (the default) to read from, `push` for those that data can be pushed to. */
  sourceType?: 'pull' | 'push' | undefined;
  /** Goes straight to this service. */
  serviceId?: number | undefined;
  /** Language of the pages, such as `en` or `nl`. */
  locale?: string | undefined;
  includeSampleDataOnlySources?: boolean | undefined;
  triggerQuery?: boolean | string | undefined;
  /** Limits the sources offered. */
  sourcesScope?: Record<string, unknown> | undefined;
  sampleData?: { dataSet: string; autoOnboard?: boolean | undefined } | undefined;
}

/** The shapes of those options. */
export const onboardingUrlOptions = {
  sourceType: optional(oneOf('pull', 'push')),
  serviceId: optional(wholeNumber),
  locale: optional(text),
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

/** The URL of a page of the onboarding (`protocol.md`, URLs that the user is sent to). It carries a code: never log it. */
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
    service: options.serviceId,
    lng: options.locale,
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
