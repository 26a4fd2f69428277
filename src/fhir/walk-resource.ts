import type { PathSegment } from './explain/problem.js';
import type { ElementShape } from './structure/expand-structure.js';
import { shapes } from './structure/shapes.js';

/** The fields of a JSON object whose structure may still be wrong. */
export type Fields = Readonly<Record<string, unknown>>;

/** An object met on the way, with the name of its type (`Reference`, `Patient`, `Observation.component`, …). */
export interface FhirNode {
  type: string;
  value: Fields;
  /** Valid only during the visit: the walk goes on changing it. */
  path: readonly PathSegment[];
  /** The outermost resource the node is in, which holds the `contained` ones. */
  container: Fields;
  /** The element it stands in; absent for the resource itself and inside what is not known. */
  element?: ElementShape | undefined;
}

/** The type of every object inside a resource that the structure data does not describe. */
export const unknownType = 'unknown';

/** Whether a value is a JSON object (no list, not null). */
export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The objects among the values of a list; nothing for what is no list. */
export function objectsIn(value: unknown): Fields[] {
  return Array.isArray(value) ? value.filter(isFields) : [];
}

/**
 * Visits every object of a resource whose type is known, outermost first, and as `unknownType` every object inside
 * a resource of a type that is not among the 17. Elements that FHIR does not know and values of a wrong kind are passed
 * over: reporting them is the structure check's business.
 */
export function walkResource(
  resource: Fields,
  path: readonly PathSegment[],
  visit: (node: FhirNode) => void,
): void {
  const here: PathSegment[] = [...path];

  const walk = (value: unknown, declared: string, element?: ElementShape): void => {
    if (!isFields(value)) return;
    const type = declared === 'Resource' ? String(value.resourceType) : declared;
    const shape = shapes.get(type);
    if (!shape) {
      walkUnknown(value);
      return;
    }
    visit({ type, value, path: here, container: resource, element });
    for (const key in value) {
      const child = value[key];
      if (typeof child !== 'object' || child === null) continue;
      const own = shape.elements.get(key);
      const childType = own?.primitive ? undefined : (own?.type ?? siblingType(key, type));
      if (childType) walkInto(key, child, childType, own);
    }
  };
  const walkUnknown = (value: object): void => {
    if (isFields(value)) visit({ type: unknownType, value, path: here, container: resource });
    for (const [key, child] of Array.isArray(value) ? value.entries() : Object.entries(value)) {
      if (typeof child !== 'object' || child === null) continue;
      here.push(key);
      walkUnknown(child);
      here.pop();
    }
  };
  const walkInto = (key: string, child: object, type: string, element?: ElementShape): void => {
    here.push(key);
    if (Array.isArray(child)) {
      for (let index = 0; index < child.length; index++) {
        here.push(index);
        walk(child[index], type, element);
        here.pop();
      }
    } else walk(child, type, element);
    here.pop();
  };

  walk(resource, 'Resource');
}

/** Extensions of primitives hide in `_name`, and hold references and codes like any other. */
function siblingType(key: string, parent: string): string | undefined {
  return key.startsWith('_') && shapes.get(parent)?.elements.get(key.slice(1))?.primitive
    ? 'Element'
    : undefined;
}
