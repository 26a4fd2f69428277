import { isObject, isText, type JsonObject, type Problem } from './problem.js';

const bsnSystem = 'http://fhir.nl/fhir/NamingSystem/bsn';
const dataAbsentUrl = /\/data-absent-reason$/;
const maxDepth = 100;
/** The elements of the carried resources whose type is Coding and Identifier, by name. */
const codingElements = new Set(['coding', 'valueCoding', 'tag', 'security', 'format']);
const identifierElements = new Set(['identifier', 'masterIdentifier', 'groupIdentifier', 'valueIdentifier']);

/** What is wrong with the references, codes and identifiers anywhere in a resource. */
export function datatypeProblems(resource: JsonObject, path: string): Problem[] {
  const problems: Problem[] = [];
  walk(resource, '', path, 0, problems);
  return problems;
}

function walk(value: unknown, element: string, path: string, depth: number, problems: Problem[]): void {
  if (depth > maxDepth) {
    problems.push({
      severity: 'error',
      expression: path,
      message: `is nested deeper than ${maxDepth} levels`,
    });
    return;
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      walk(item, element, `${path}[${index}]`, depth + 1, problems);
    return;
  }
  if (!isObject(value)) return;
  for (const message of objectFaults(value, element))
    problems.push({ severity: 'error', expression: path, message });
  for (const [key, child] of Object.entries(value)) walk(child, key, `${path}.${key}`, depth + 1, problems);
}

function objectFaults(value: JsonObject, element: string): string[] {
  const faults: string[] = [];
  const isReference =
    isText(value.reference) ||
    (isObject(value.identifier) && !('resourceType' in value) && !('ref' in value));
  if (isReference && !isText(value.display) && !isAbsent(value) && !isAbsent(value._display)) {
    faults.push('a Reference needs display (or a data-absent-reason extension)');
  }
  if (Array.isArray(value.coding) && !isText(value.text) && !value.coding.some(hasDisplay)) {
    faults.push('a CodeableConcept needs a display in a coding, or text');
  }
  if (codingElements.has(element)) {
    if (!isText(value.system)) faults.push('a Coding needs system');
    if (!isText(value.code)) faults.push('a Coding needs code');
  }
  if (identifierElements.has(element)) {
    if (!isText(value.value) && !isAbsent(value._value)) faults.push('an Identifier needs value');
    if (!isText(value.system) && !isObject(value.type)) faults.push('an Identifier needs system (or type)');
  }
  if (value.system === bsnSystem && (value.value !== undefined || !isAbsent(value._value))) {
    faults.push(
      'a citizen number (BSN) is never sent in clear: leave value out and give _value a data-absent-reason extension',
    );
  }
  return faults;
}

function hasDisplay(coding: unknown): boolean {
  return isObject(coding) && isText(coding.display);
}

function isAbsent(element: unknown): boolean {
  if (!isObject(element) || !Array.isArray(element.extension)) return false;
  return element.extension.some((one) => isObject(one) && isText(one.url) && dataAbsentUrl.test(one.url));
}
