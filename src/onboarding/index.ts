export { Callbacks } from './callback.js';
export { HomeContracts } from './home-contracts.js';
export { homeRouter } from './home-router.js';
export { UsedStates } from './pending-authorizations.js';
export { onboardingRouter } from './router.js';
export { sendToDigime } from './send-to-digime.js';
export { Authorizations } from './start-authorization.js';
