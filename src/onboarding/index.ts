export { homeRouter } from './home-router.js';
export type { OnboardingParts } from './parts.js';
export { UsedStates } from './pending-authorizations.js';
export { onboardingRouter } from './router.js';
export { startAuthorization } from './start-authorization.js';
