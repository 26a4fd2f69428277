export {
  type Config,
  ConfigError,
  type DispatchSettings,
  exampleAppSecret,
  loadConfig,
  type PayloadBucket,
  type RetentionSettings,
  type UploadLimits,
} from './config.js';
export type { ContractDetails, Contracts } from './contracts.js';
export type { TracingSettings } from './tracing.js';
