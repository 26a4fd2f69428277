import type { OnboardingParts } from '../onboarding/index.js';

/** What the accounts' pages work with. */
export interface AccountsParts {
  readonly onboarding: OnboardingParts;
  /** The app's public address with a final slash: callbacks are made from it, never from a request. */
  baseUrl(): string;
  /** Origins that a form may lead to by a redirect: digi.me's onboarding. */
  readonly onboardOrigins: readonly string[];
}
