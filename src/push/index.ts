export type { FileDescriptor } from './intake/file-meta.js';
export { sealedPushColumns } from './ledger/ledger.js';
export { sealedUploadColumns } from './ledger/upload-records.js';
export { type PushView, viewOf } from './pages/push-view.js';
export { finalStates, type Push, type PushState } from './push.js';
export { createPushService, type PushService } from './push-service.js';
