import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { type Explanation, explainError } from './explain-error.js';
import { makeSchema } from './make-schema.js';
import { formatPath } from '../explain/path.js';
import { primitiveFormats } from './primitive-formats.js';
import type { Report } from '../explain/problem.js';
import { schemaKeywords } from './schema-keywords.js';
import { structure } from './shapes.js';

/** More than a person will read; keeps a hostile document from costing more than an honest one. */
const mostExplained = 500;

let compiled: ValidateFunction | undefined;

/**
 * Makes the schema from the structure data and compiles it, once: 0.1 to 0.2 s in a fresh process. To be called while
 * the app starts, so that no request waits for it; otherwise the first check does it. Code generated at build time
 * would save this, but would have to be kept in step with the data.
 */
export function prepareChecks(): void {
  validator();
}

function validator(): ValidateFunction {
  if (!compiled) {
    const ajv = new Ajv({
      allErrors: true,
      allowUnionTypes: true,
      discriminator: true,
      // Twice as fast to compile, and no slower to run.
      inlineRefs: false,
      code: { optimize: false, process: boundErrors },
      validateSchema: false,
      verbose: true,
    });
    for (const keyword of schemaKeywords) ajv.addKeyword(keyword);
    for (const [name, format] of Object.entries(primitiveFormats)) ajv.addFormat(name, format);
    compiled = ajv.compile(makeSchema(structure));
  }
  return compiled;
}

/**
 * With `allErrors`, Ajv copies the whole list of errors for each nested object that fails: 400,000 broken entries took
 * minutes. Once the list is long, this leaves it as it is.
 */
function boundErrors(code: string): string {
  const whenShort = `vErrors.length > ${mostExplained} ? vErrors : vErrors.concat(`;
  return code.replaceAll('vErrors.concat(', whenShort);
}

/**
 * Checks one resource of any of the 17 types (a Bundle is one) against the structure of FHIR STU3 and reports what is
 * wrong, one problem per cause. The value must have passed `isCheckable`.
 *
 * @returns the paths that misspelt elements were probably meant for, so that no later rule misses them again, and whether
 * errors were left out because there were too many
 */
export function reportStructure(value: unknown, report: Report): { meant: Set<string>; incomplete: boolean } {
  const validate = validator();
  validate(value);
  // What failed inside `then` or `else` is in the list itself.
  const errors = (validate.errors ?? []).filter(({ keyword }) => keyword !== 'if');
  // Ajv keeps the last errors, and with them the whole document, alive until its next call.
  validate.errors = null;
  const explained = explainEach(errors.slice(0, mostExplained));
  const meant = new Set(explained.flatMap(({ meant }) => (meant ? [formatPath(meant)] : [])));
  for (const { path, rule, values, missing } of explained) {
    if (!(missing && meant.has(formatPath(path)))) report(path, rule, values);
  }
  return { meant, incomplete: errors.length > mostExplained };
}

/** Of an empty object nothing else is missed: that it is empty is the one cause. */
function explainEach(errors: readonly ErrorObject[]): Explanation[] {
  const empty = new Set(
    errors.filter(({ keyword }) => keyword === 'minProperties').map(({ instancePath }) => instancePath),
  );
  return errors
    .filter(({ keyword, instancePath }) => keyword === 'minProperties' || !empty.has(instancePath))
    .map(explainError);
}
