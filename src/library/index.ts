export { PushedFiles } from './pushed-files.js';
export { ReadLibraries } from './read-libraries.js';
export { libraryRouter } from './router.js';
