import type { Problem } from './problem.js';

/** The problems as a FHIR `OperationOutcome`, one issue each. */
export function operationOutcome(problems: Problem[]) {
  return {
    resourceType: 'OperationOutcome',
    issue: problems.map(({ severity, expression, message }) => ({
      severity,
      code: severity === 'error' ? 'invalid' : 'informational',
      diagnostics: message,
      expression: [expression],
    })),
  };
}
