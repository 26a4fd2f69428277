export { topicOf } from './explanation.js';
export { type InspectorOptions, inspectorRouter } from './inspector-router.js';
export { type CallHooks, Recorder, type RecorderLimits } from './recorder.js';
export type { BrowserStep, Step } from './step.js';
export { rowsOf } from './step-rows.js';
export { VisitorFaults } from './visitor-faults.js';
export { whatIfRouter } from './what-if-router.js';
