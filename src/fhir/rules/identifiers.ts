import { isDataAbsent, isOnlyExtended, isPresent } from './data-absent.js';
import type { NodeRule } from './rule.js';

/** MedMij: every Identifier has a value, or says why not, and a system or a type. */
export const identifierIsComplete: NodeRule = ({ value, path }, report) => {
  if (isDataAbsent(value) || isOnlyExtended(value)) return;
  if (!isPresent(value, 'value')) report([...path, 'value'], 'identifier-value');
  if (!isPresent(value, 'system') && value.type === undefined)
    report([...path, 'system'], 'identifier-system');
};
