import { primitiveSchemas } from './primitive-schemas.js';
import type { ElementDefinition, Structure } from './structure.js';

/** One JSON key of an object: `valueQuantity`, not `value[x]`. */
export interface ElementShape {
  key: string;
  /** The name of a primitive, of another shape, or `Resource`. */
  type: string;
  primitive: boolean;
  list: boolean;
  codes?: readonly string[];
  /** Of a Reference: the types it may lead to; absent where all are allowed. */
  targets?: readonly string[];
}

/** A `value[x]`: at most one of `keys` may be there, exactly one when `required`. */
export interface Choice {
  name: string;
  keys: readonly string[];
  required: boolean;
}

/** What one object may hold: a resource, a data type, or a backbone element such as `Observation.component`. */
export interface Shape {
  name: string;
  resource: boolean;
  elements: ReadonlyMap<string, ElementShape>;
  choices: readonly Choice[];
  /** Keys that must be there, `value[x]` left out. */
  required: readonly string[];
}

/** Turns the structure data into one shape per kind of object, with `value[x]` and `sameAs` resolved. */
export function expandStructure(structure: Structure): Map<string, Shape> {
  const shapes = new Map<string, Shape>();
  for (const [typeName, { kind, elements }] of Object.entries(structure.types)) {
    const parents = new Set(Object.keys(elements).map(parentOf));
    for (const parent of parents) {
      const name = parent ? `${typeName}.${parent}` : typeName;
      const own = Object.entries(elements).filter(([path]) => parentOf(path) === parent);
      const targetOf = (path: string, type: string) => (parents.has(path) ? `${typeName}.${path}` : type);
      shapes.set(name, { name, resource: kind === 'resource' && !parent, ...expandElements(own, targetOf) });
    }
  }
  return shapes;
}

type TargetOf = (path: string, type: string) => string;

function expandElements(own: [string, ElementDefinition][], targetOf: TargetOf) {
  const elements = new Map<string, ElementShape>();
  const choices: Choice[] = [];
  const required: string[] = [];
  for (const [path, definition] of own) {
    const name = path.slice(path.lastIndexOf('.') + 1);
    const isChoice = name.endsWith('[x]');
    const keys = [];
    for (const type of definition.types ?? [definition.sameAs ?? '']) {
      const key = isChoice ? name.slice(0, -3) + type.charAt(0).toUpperCase() + type.slice(1) : name;
      keys.push(key);
      elements.set(key, {
        key,
        type: targetOf(path, type),
        primitive: Object.hasOwn(primitiveSchemas, type),
        list: definition.max !== '1',
        ...(definition.codes && { codes: definition.codes }),
        ...(type === 'Reference' && definition.targets && { targets: definition.targets }),
      });
    }
    if (isChoice) choices.push({ name, keys, required: definition.min > 0 });
    else if (definition.min > 0) required.push(name);
  }
  return { elements, choices, required };
}

function parentOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('.')));
}
