import { readCodeSystems } from '../structure/structure.js';
import { type Fields, objectsIn } from '../walk-resource.js';
import { isDataAbsent, isOnlyExtended, isPresent } from './data-absent.js';
import type { NodeRule } from './rule.js';

/** Nictiz numbers its value sets under this OID; its code systems are under …60.40.4. */
const nictizValueSets = /^urn:oid:2\.16\.840\.1\.113883\.2\.4\.3\.11\.60\.40\.2\./;
const hl7ValueSet = /^https?:\/\/hl7\.org\/fhir\/(?:stu3\/|r4\/)?valueset\//i;
const r4System = /^https?:\/\/terminology\.hl7\.org\//i;
const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/;

const codeSystems = readCodeSystems();

/** MedMij: every CodeableConcept can be read by a person, by `text` or by the `display` of a coding. */
export const conceptIsReadable: NodeRule = ({ value, path }, report) => {
  if (isPresent(value, 'text') || isDataAbsent(value) || isOnlyExtended(value)) return;
  const codings = objectsIn(value.coding);
  const isReadable = (coding: Fields) =>
    isPresent(coding, 'display') ||
    isDataAbsent(coding) ||
    isOnlyExtended(coding) ||
    /NullFlavor$/.test(String(coding.system));
  if (!codings.some(isReadable)) report(path, 'concept-words');
};

/**
 * MedMij: a Coding of a CodeableConcept has `code`, and `system` except in the answers of questionnaires. FHIR itself has
 * both 0..1, so that a Coding elsewhere (a tag, an answer, an extension) is a remark at most.
 */
export const codingIsComplete: NodeRule = ({ value, path, container, element }, report) => {
  if (isDataAbsent(value) || isOnlyExtended(value)) return;
  const isOfConcept = path.at(-2) === 'coding';
  const isAnswer = container.resourceType === 'QuestionnaireResponse';
  if (!isPresent(value, 'code')) {
    if (isOfConcept && !isAnswer) report([...path, 'code'], 'coding-code');
    else if (element?.key !== 'valueCoding') report([...path, 'code'], 'coding-code-loose');
  }
  if (!isPresent(value, 'system') && isOfConcept && !isAnswer) report([...path, 'system'], 'coding-system');
};

/** The system names a code system of STU3, and where HL7 lists all of its codes, the code is among them. */
export const codingIsKnown: NodeRule = ({ value, path }, report) => {
  const { system, code } = value;
  if (typeof system !== 'string') return;
  const place = [...path, 'system'];
  if (nictizValueSets.test(system) || hl7ValueSet.test(system)) report(place, 'coding-system-value-set');
  else if (r4System.test(system)) report(place, 'coding-system-r4');
  else if (!absolute.test(system)) report(place, 'coding-system-form');
  else if (typeof code === 'string' && codeSystems.get(system)?.has(code) === false) {
    report([...path, 'code'], 'coding-unknown-code', { system });
  }
};
