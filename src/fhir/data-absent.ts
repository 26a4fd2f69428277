import { isFields, objectsIn } from './walk-resource.js';

const DATA_ABSENT_REASON = 'http://hl7.org/fhir/StructureDefinition/data-absent-reason';

/** Whether an element, or the `_name` sibling of a primitive, says by extension why its data is not there. */
export function isDataAbsent(element: unknown): boolean {
  if (!isFields(element)) return false;
  return objectsIn(element.extension).some(
    ({ url, valueCode }) => url === DATA_ABSENT_REASON && typeof valueCode === 'string',
  );
}
