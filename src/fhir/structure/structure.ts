import { readFileSync } from 'node:fs';

/** One element as the StructureDefinition gives it; `max` is `1` or `*`. */
export interface ElementDefinition {
  min: number;
  max: string;
  types?: readonly string[];
  /** Present where the code set is required. */
  codes?: readonly string[];
  /** The resource types that a Reference may lead to; absent where every type is allowed. */
  targets?: readonly string[];
  /** The element whose children this one repeats, for example `Bundle.link`. */
  sameAs?: string;
}

/** Elements, types and cardinalities of FHIR STU3, by type and then by the element's path inside the type. */
export interface Structure {
  source: string;
  types: Readonly<Record<string, TypeDefinition>>;
}

/** One type; the keys of `elements` are paths such as `entry.request.method` or `value[x]`. */
export interface TypeDefinition {
  kind: 'resource' | 'complex-type';
  elements: Readonly<Record<string, ElementDefinition>>;
}

/** Reads the structure data that lies beside this file. */
export function readStructure(): Structure {
  return readData('stu3-structure.json') as Structure;
}

/** The codes of HL7's complete code systems of STU3, by the address of the system. */
export function readCodeSystems(): Map<string, ReadonlySet<string>> {
  const systems = readData('stu3-code-systems.json') as Record<string, string[]>;
  return new Map(Object.entries(systems).map(([url, codes]) => [url, new Set(codes)]));
}

function readData(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`./${name}`, import.meta.url), 'utf8'));
}
