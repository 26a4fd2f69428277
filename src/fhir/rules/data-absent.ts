import { type Fields, isFields, objectsIn } from '../walk-resource.js';

/** The extensions that say why something is not there. */
const reasons = new Set([
  'http://hl7.org/fhir/StructureDefinition/data-absent-reason',
  'http://hl7.org/fhir/StructureDefinition/iso21090-nullFlavor',
]);

/** Whether an element, or the `_name` sibling of a primitive, says by extension why its data is not there. */
export function isDataAbsent(element: unknown): boolean {
  if (!isFields(element)) return false;
  return objectsIn(element.extension).some(
    ({ url, valueCode }) => reasons.has(String(url)) && valueCode !== undefined,
  );
}

/** Whether an object consists of extensions only, which then say what there is to say. */
export function isOnlyExtended(value: Fields): boolean {
  return (
    value.extension !== undefined && Object.keys(value).every((key) => key === 'extension' || key === 'id')
  );
}

/** Whether an element is there, or its absence is explained on its `_name` sibling. */
export function isPresent(value: Fields, key: string): boolean {
  return value[key] !== undefined || value[`_${key}`] !== undefined;
}
