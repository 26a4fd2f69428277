export { topicOf } from './explanation.js';
export { type InspectorOptions, inspectorRouter } from './inspector-router.js';
export { type CallHooks, Recorder, type RecorderLimits } from './recorder.js';
export {
  type PushFailure,
  type PushTarget,
  pushFailures,
  type SandboxSwitches,
  type SwitchState,
} from './sandbox-switches.js';
export type { BrowserStep, Step } from './step.js';
export { rowsOf } from './step-rows.js';
export { whatIfRouter } from './what-if-router.js';
