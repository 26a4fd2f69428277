import type { Fields } from '../walk-resource.js';
import type { NodeRule } from './rule.js';

const needs =
  (key: string, needed: string, message: string): NodeRule =>
  ({ value, path }, report) => {
    const has = (name: string) => value[name] !== undefined || value[`_${name}`] !== undefined;
    if (value[key] !== undefined && !has(needed)) report([...path, needed], message);
  };

/** FHIR's rule qty-3. */
export const quantityCodeHasSystem = needs('code', 'system', 'a quantity with a code needs its system');

/** FHIR's rule att-1. */
export const attachmentHasContentType = needs(
  'data',
  'contentType',
  'an attachment with data needs its contentType',
);

/** FHIR's rule cpt-2. */
export const contactPointHasSystem = needs(
  'value',
  'system',
  'a contact point with a value needs its system: phone, fax, email, …',
);

/** FHIR's rule per-1. */
export const periodRunsForward: NodeRule = ({ value, path }, report) => {
  if (isAfter(value)) report([...path, 'end'], 'the end of a period must not lie before its start');
};

/** Dates of different precision are compared as far as both go. */
function isAfter({ start, end }: Fields): boolean {
  if (typeof start !== 'string' || typeof end !== 'string') return false;
  if (start.length > 10 && end.length > 10) return Date.parse(start) > Date.parse(end);
  const precision = Math.min(start.length, end.length, 10);
  return start.slice(0, precision) > end.slice(0, precision);
}

/** FHIR's rule obs-6. */
export const absentReasonStandsAlone: NodeRule = ({ value, path }, report) => {
  if (value.dataAbsentReason === undefined) return;
  const hasValue = Object.keys(value).some((key) => /^value[A-Z]/.test(key));
  if (hasValue) report([...path, 'dataAbsentReason'], 'only where there is no value');
};
