export { type CheckResult, checkBundle, checkResource } from './check-bundle.js';
export { prepareChecks } from './check-structure.js';
export { type Example, listExamples } from './examples/index.js';
export { locateInJson, locatePathsInJson, type Position } from './locate-in-json.js';
export { makeSchema } from './make-schema.js';
export { type ParsedJson, parseJsonWithPosition } from './parse-json.js';
export type { Problem } from './problem.js';
export { readStructure } from './structure.js';
export { wrapInBundle } from './wrap-in-bundle.js';
