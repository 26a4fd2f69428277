export { CallGate } from './call-gate.js';
export { type StudioOptions, studioRouter } from './studio-router.js';
