export { docsRouter } from './docs-router.js';
