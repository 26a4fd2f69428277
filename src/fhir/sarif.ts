import { pathToFileURL } from 'node:url';
import type { PlacedProblem } from './check-text.js';
import type { RepairChange } from './repair/repair-text.js';

/** A file that was checked; `-` is the standard input. */
export interface CheckedFile {
  file: string;
  problems: PlacedProblem[];
  /** What it was turned into, where it came as FHIR R4; the lines of problems are those of this text. */
  converted?: { text: string; changes: RepairChange[] };
}

/** What was found as SARIF 2.1.0 (OASIS), which code hosts and editors show beside the lines. */
export function toSarif(checked: readonly CheckedFile[]): object {
  const rules = new Map(
    checked.flatMap(({ problems }) => problems.map(({ rule, source }) => [rule, source] as const)),
  );
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'check-bundle',
            rules: [...rules].map(([id, source]) => ({ id, ...(source && { helpUri: source }) })),
          },
        },
        results: checked.flatMap(({ file, problems }) =>
          problems.map(({ rule, severity, message, path, line, column }) => ({
            ruleId: rule,
            level: severity,
            message: { text: path ? `${path}: ${message}` : message },
            locations: [
              {
                physicalLocation: {
                  artifactLocation: { uri: file === '-' ? 'stdin' : pathToFileURL(file).href },
                  ...(line !== undefined && { region: { startLine: line, startColumn: column } }),
                },
                ...(path && { logicalLocations: [{ fullyQualifiedName: path }] }),
              },
            ],
          })),
        ),
      },
    ],
  };
}
