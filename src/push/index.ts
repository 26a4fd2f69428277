export type { FileDescriptor } from './intake/file-meta.js';
export { type PushView, viewOf } from './pages/push-view.js';
export { finalStates, type Push, type PushState } from './push.js';
export { createPushService, type PushService } from './push-service.js';
