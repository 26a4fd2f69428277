export type { FileDescriptor } from './file-meta.js';
export type { PushParts } from './parts.js';
export { providerRouter } from './provider-router.js';
export { finalStates, type Push, type PushState } from './push.js';
export { createPushService, type PushService } from './push-service.js';
export { type PushView, viewOf } from './push-view.js';
export { pushRouter } from './router.js';
