export { leaveRouter } from './leave-router.js';
export { Retention } from './retention.js';
