export { leaveRouter } from './leave-router.js';
