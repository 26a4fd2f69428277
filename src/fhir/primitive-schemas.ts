/** A JSON Schema for one primitive. `description` finishes the sentence "expected …". */
export interface PrimitiveSchema {
  type: 'string' | 'number' | 'integer' | 'boolean';
  format?: string;
  minimum?: number;
  maximum?: number;
  description: string;
}

const LARGEST_INTEGER = 2 ** 31 - 1;
const text = (format: string, description: string): PrimitiveSchema => ({
  type: 'string',
  format: `fhir-${format}`,
  description,
});
const whole = (minimum: number, description: string): PrimitiveSchema => ({
  type: 'integer',
  minimum,
  maximum: LARGEST_INTEGER,
  description,
});

/** The primitives of FHIR STU3 (hl7.org/fhir/STU3/datatypes.html#primitive); formats are in `primitive-formats.ts`. */
export const primitiveSchemas: Readonly<Record<string, PrimitiveSchema>> = {
  boolean: { type: 'boolean', description: 'true or false, without quotes' },
  decimal: { type: 'number', description: 'a number, for example 120, without quotes' },
  integer: whole(-LARGEST_INTEGER - 1, 'a whole number, for example 3, without quotes'),
  unsignedInt: whole(0, 'a whole number, 0 or more, without quotes'),
  positiveInt: whole(1, 'a whole number, 1 or more, without quotes'),
  string: text('string', 'text in double quotes, with something to read in it'),
  markdown: text('string', 'text in double quotes, with something to read in it'),
  code: text('code', 'a code: text in double quotes, without spaces at its ends'),
  id: text('id', 'an id: 1 to 64 letters, digits, dots and hyphens, in double quotes'),
  uri: text('uri', 'an address or URI in double quotes, without spaces, for example "http://loinc.org"'),
  oid: text('oid', 'an OID in double quotes, for example "urn:oid:2.16.840.1.113883"'),
  date: text('date', 'a date that exists, as "2024-03-15", "2024-03" or "2024"'),
  dateTime: text(
    'dateTime',
    'a date that exists, as "2024-03-15", or a date with time and zone, as "2024-03-15T08:30:00+01:00"',
  ),
  instant: text(
    'instant',
    'a moment with seconds and zone, as "2024-03-15T08:30:00+01:00", on a day that exists',
  ),
  time: text('time', 'a time of day with seconds, as "08:30:00"'),
  base64Binary: text('base64Binary', 'base64: letters, digits, + and /, its length a multiple of four'),
  xhtml: text(
    'xhtml',
    'a well-formed <div xmlns="http://www.w3.org/1999/xhtml">…</div> with something to read and no scripts',
  ),
};
