export { accountsRouter } from './router.js';
