export {
  type Config,
  ConfigError,
  type Contracts,
  type DispatchSettings,
  exampleAppSecret,
  loadConfig,
  type PayloadBucket,
  type UploadLimits,
} from './config.js';
export type { ContractDetails } from './contracts.js';
