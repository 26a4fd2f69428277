import { type ElementShape, expandStructure, type Shape } from './expand-structure.js';
import { otherResourceTypes } from './other-resource-types.js';
import { primitiveSchemas } from './primitive-schemas.js';
import type { Structure } from './structure.js';

/** A JSON Schema, or a part of one. */
export type Schema = { [keyword: string]: unknown };

const ref = (name: string): Schema => ({ $ref: `#/definitions/${name}` });
const orNull = (name: string) => `${name}-or-null`;
const primitiveExtension = 'Element';

/**
 * Makes one strict JSON Schema (draft 7) for any resource of the structure: closed objects, cardinalities, required
 * code sets, `_name` siblings of primitives (hl7.org/fhir/STU3/json.html#primitive), no empty lists or objects.
 * What plain JSON Schema can only say with noisy `anyOf`s is said with the keywords of `schema-keywords.ts`.
 */
export function makeSchema(structure: Structure): Schema {
  const definitions: Record<string, Schema> = {};
  for (const [name, schema] of Object.entries(primitiveSchemas)) {
    definitions[name] = { ...schema };
    definitions[orNull(name)] = { ...schema, type: [schema.type, 'null'] };
  }
  const shapes = [...expandStructure(structure).values()];
  for (const shape of shapes) definitions[shape.name] = objectSchema(shape);
  definitions[orNull(primitiveExtension)] = {
    ...definitions[primitiveExtension],
    type: ['object', 'null'],
  };
  definitions.Sendable = {
    type: 'object',
    discriminator: { propertyName: 'resourceType' },
    oneOf: shapes.filter((shape) => shape.resource).map((shape) => ref(shape.name)),
  };
  Object.assign(definitions, nestedResourceSchemas());
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...ref('Sendable'), definitions };
}

/**
 * A resource in an entry or in `contained` may be of a type that the structure data does not describe: of that one only
 * what holds for every resource is checked. Whether it may be sent is a rule of the send (`rules/`).
 */
function nestedResourceSchemas(): Record<string, Schema> {
  const anyValue = {
    type: ['object', 'array', 'string', 'number', 'boolean'],
    minProperties: 1,
    additionalProperties: ref('AnyValue'),
    minItems: 1,
    items: ref('AnyValue-or-null'),
    format: 'fhir-string',
  };
  return {
    Resource: {
      if: {
        type: 'object',
        properties: { resourceType: { enum: otherResourceTypes } },
        required: ['resourceType'],
      },
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      then: ref('OtherResource'),
      else: ref('Sendable'),
    },
    OtherResource: {
      type: 'object',
      properties: { resourceType: {}, id: ref('id'), meta: ref('Meta'), text: ref('Narrative') },
      additionalProperties: ref('AnyValue'),
    },
    AnyValue: anyValue,
    'AnyValue-or-null': { ...anyValue, type: [...anyValue.type, 'null'] },
  };
}

function objectSchema(shape: Shape): Schema {
  const properties: Record<string, Schema> = shape.resource ? { resourceType: { const: shape.name } } : {};
  for (const element of shape.elements.values()) Object.assign(properties, propertySchemas(element));
  const isPrimitive = (key: string) => shape.elements.get(key)?.primitive ?? false;
  const primitiveLists = [...shape.elements.values()].filter(({ list, primitive }) => list && primitive);
  // Rule ext-1: an extension holds either a value or further extensions.
  const insteadOf = shape.name === 'Extension' ? { required: true, unless: 'extension' } : {};
  return {
    type: 'object',
    title: shape.name,
    properties,
    additionalProperties: false,
    required: [
      ...(shape.resource ? ['resourceType'] : []),
      ...shape.required.filter((key) => !isPrimitive(key)),
    ],
    minProperties: 1,
    ...optional('fhirRequired', shape.required.filter(isPrimitive)),
    ...optional(
      'fhirChoices',
      shape.choices.map((choice) => ({ ...choice, ...insteadOf })),
    ),
    ...optional(
      'fhirLists',
      primitiveLists.map(({ key }) => key),
    ),
  };
}

function propertySchemas({ key, type, primitive, list, codes }: ElementShape): Record<string, Schema> {
  const single = (nullable: boolean): Schema => {
    if (codes) return { enum: nullable ? [...codes, null] : codes };
    return ref(nullable && primitive ? orNull(type) : type);
  };
  const many = (items: Schema): Schema => ({ type: 'array', minItems: 1, items });
  if (!primitive) return { [key]: list ? many(single(false)) : single(false) };
  return {
    [key]: list ? many(single(true)) : single(false),
    [`_${key}`]: list ? many(ref(orNull(primitiveExtension))) : ref(primitiveExtension),
  };
}

function optional(keyword: string, list: readonly unknown[]): Schema {
  return list.length > 0 ? { [keyword]: list } : {};
}
