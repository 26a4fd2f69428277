/** A JSON Schema for one primitive. `description` is the key of the words that finish the sentence "expected …". */
export interface PrimitiveSchema {
  type: 'string' | 'number' | 'integer' | 'boolean';
  format?: string;
  minimum?: number;
  maximum?: number;
  description: string;
}

const largestInteger = 2 ** 31 - 1;
const text = (format: string, name = format): PrimitiveSchema => ({
  type: 'string',
  format: `fhir-${format}`,
  description: `primitive-${name}`,
});
const whole = (minimum: number, name: string): PrimitiveSchema => ({
  type: 'integer',
  minimum,
  maximum: largestInteger,
  description: `primitive-${name}`,
});

/** The primitives of FHIR STU3 (hl7.org/fhir/STU3/datatypes.html#primitive); formats are in `primitive-formats.ts`. */
export const primitiveSchemas: Readonly<Record<string, PrimitiveSchema>> = {
  boolean: { type: 'boolean', description: 'primitive-boolean' },
  decimal: { type: 'number', description: 'primitive-decimal' },
  integer: whole(-largestInteger - 1, 'integer'),
  unsignedInt: whole(0, 'unsignedInt'),
  positiveInt: whole(1, 'positiveInt'),
  string: text('string'),
  markdown: text('string'),
  code: text('code'),
  id: text('id'),
  uri: text('uri'),
  oid: text('oid'),
  date: text('date'),
  dateTime: text('dateTime'),
  instant: text('instant'),
  time: text('time'),
  base64Binary: text('base64Binary'),
  xhtml: text('xhtml'),
};
