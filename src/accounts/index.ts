export type { AccountsParts } from './parts.js';
export { accountsRouter } from './router.js';
