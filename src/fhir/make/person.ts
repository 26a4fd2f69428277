import type { FieldReader, FormField } from './form.js';
import { from } from './made.js';

const givenName: FormField = { name: 'givenName', kind: 'text', required: true };
const familyName: FormField = { name: 'familyName', kind: 'text', required: true };
const birthDate: FormField = { name: 'birthDate', kind: 'date' };
const gender: FormField = {
  name: 'gender',
  kind: 'choice',
  choices: ['female', 'male', 'other', 'unknown'].map((value) => ({ value })),
};

/** Who it is about. */
export const personFields: readonly FormField[] = [givenName, familyName, birthDate, gender];

/** A person in a bundle: the entry, and how others refer to it. */
export interface PersonPart {
  entry: Record<string, unknown>;
  reference: Record<string, unknown>;
  /** The resource by itself, for where it is contained. */
  name: Record<string, unknown>;
}

/** A Patient after nl-core, the citizen number masked as MedMij wants it. */
export function makePerson(read: FieldReader, id: string): PersonPart {
  const given = read.text(givenName);
  const family = read.text(familyName);
  const words = [given, family].filter((part) => part !== undefined).join(' ') || undefined;
  const name = {
    use: 'official',
    text: words,
    family: from('familyName', family),
    given: [from('givenName', given)],
  };
  const fullUrl = `urn:uuid:${id}`;
  return {
    name,
    reference: { reference: fullUrl, display: words },
    entry: {
      fullUrl,
      resource: {
        resourceType: 'Patient',
        meta: { profile: ['http://fhir.nl/fhir/StructureDefinition/nl-core-patient'] },
        identifier: [
          {
            system: 'http://fhir.nl/fhir/NamingSystem/bsn',
            _value: {
              extension: [
                {
                  url: 'http://hl7.org/fhir/StructureDefinition/data-absent-reason',
                  valueCode: 'masked',
                },
              ],
            },
          },
        ],
        name: words === undefined ? undefined : [name],
        gender: from('gender', read.choice(gender)),
        birthDate: from('birthDate', read.day(birthDate)),
      },
      request: { method: 'POST', url: 'Patient' },
    },
  };
}
