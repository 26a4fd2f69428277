export { type ConnectionView, connectionLabel, connectionView } from './connection-view.js';
export {
  type Connection,
  type ConnectionAccount,
  type ConnectionState,
  Connections,
  type ConnectionType,
} from './connections.js';
export { listAccounts, toConnectionAccount } from './find-account.js';
export { homeRouter } from './home-router.js';
export { leaveRouter } from './leave-router.js';
export type { OnboardingParts } from './parts.js';
export { UsedStates } from './pending-authorizations.js';
export { fieldsOf, onboardingRouter, smallBody } from './router.js';
export { contractFor, startAuthorization } from './start-authorization.js';
export { type ActingFor, isTokenRefusal, Tokens } from './tokens.js';
