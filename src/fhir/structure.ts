import { readFileSync } from 'node:fs';

/** One element as the StructureDefinition gives it; `max` is `1` or `*`. */
export interface ElementDefinition {
  min: number;
  max: string;
  types?: readonly string[];
  /** Present where the code set is required. */
  codes?: readonly string[];
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
  const file = new URL('./structure/stu3-structure.json', import.meta.url);
  return JSON.parse(readFileSync(file, 'utf8')) as Structure;
}
