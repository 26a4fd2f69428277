export {
  type ConnectionCall,
  ConnectionCalls,
  groupByLibrary,
} from './connection-calls.js';
export { type ConnectionView, connectionLabel, connectionView } from './connection-view.js';
export {
  type Connection,
  type ConnectionAccount,
  type ConnectionState,
  Connections,
  type ConnectionType,
  sealedTokens,
} from './connections.js';
export { contractFor } from './contract-for.js';
export { findAccount, listAccounts, toConnectionAccount } from './find-account.js';
