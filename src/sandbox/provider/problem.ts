/** Something that a receiver finds wrong; `expression` is the FHIRPath of the place, from `Bundle` down. */
export interface Problem {
  severity: 'error' | 'warning';
  expression: string;
  message: string;
}

export type JsonObject = Record<string, unknown>;

/** Whether a value is a JSON object, neither an array nor null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a value is a string with something in it. */
export function isText(value: unknown): value is string {
  return typeof value === 'string' && value.trim() !== '';
}
