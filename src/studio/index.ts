export { openStudioCalls } from './shared-calls.js';
export { heldViews, type StudioOptions, studioRouter } from './studio-router.js';
