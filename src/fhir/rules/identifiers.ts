import { isDataAbsent } from '../data-absent.js';
import type { NodeRule } from './rule.js';

/** The citizen number's names: as a naming system and as an OID. */
const BSN_SYSTEMS = new Set(['http://fhir.nl/fhir/NamingSystem/bsn', 'urn:oid:2.16.840.1.113883.2.4.6.3']);

/** MedMij: every Identifier has a value, or says why not, and a system or a type. */
export const identifierIsComplete: NodeRule = ({ value, path }, report) => {
  if (value.value === undefined && !isDataAbsent(value._value)) {
    report([...path, 'value'], 'an Identifier needs a value, or a data-absent-reason extension on _value');
  }
  if (value.system === undefined && value.type === undefined) {
    report([...path, 'system'], 'an Identifier needs a system, or at least a type');
  }
};

/** MedMij: the citizen number (BSN) is never sent in clear. */
export const bsnIsMasked: NodeRule = ({ value, path }, report) => {
  const system = typeof value.system === 'string' ? value.system.trim().replace(/\/$/, '') : '';
  if (!BSN_SYSTEMS.has(system) || value.value === undefined) return;
  report(
    [...path, 'value'],
    'the citizen number (BSN) must not be sent: remove value and give _value a data-absent-reason extension with valueCode "masked"',
  );
};
