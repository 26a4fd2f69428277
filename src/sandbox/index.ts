export type {
  ClockReading,
  LibraryContents,
  LibraryFile,
  ProviderDelivery,
  SandboxControl,
} from './control/control.js';
export type { FaultRequest, PendingFault, RouteName } from './control/faults.js';
export { routeNames } from './control/faults.js';
export type { RecordedRequest } from './control/request-log.js';
export type { SandboxCredentials } from './credentials.js';
export { sandboxPublicExponent } from './identity/keys.js';
export type { SandboxOptions } from './sandbox-options.js';
export { type Sandbox, startSandbox } from './start-sandbox.js';
export type { FetchedRecords, FileDescriptor } from './state/records.js';
