export type { FileDescriptor } from './intake/file-meta.js';
export { providerRouter } from './pages/provider-router.js';
export { type PushView, viewOf } from './pages/push-view.js';
export { pushRouter } from './pages/router.js';
export type { PushParts } from './parts.js';
export { finalStates, type Push, type PushState } from './push.js';
export { createPushService, type PushService } from './push-service.js';
