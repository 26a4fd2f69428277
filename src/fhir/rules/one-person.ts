import { type Fields, isFields, objectsIn } from '../walk-resource.js';
import type { BundleRule, EntryRule } from './rule.js';

/** What is about a person, and by which element. */
const subjectKeys = new Map(
  Object.entries({
    Observation: 'subject',
    QuestionnaireResponse: 'subject',
    DocumentManifest: 'subject',
    DocumentReference: 'subject',
    Media: 'subject',
    List: 'subject',
    Task: 'for',
  }),
);

/** Elements that tell when something happened or was written. */
const pastDates = [
  'birthDate',
  'deceasedDateTime',
  'effectiveDateTime',
  'issued',
  'authored',
  'authoredOn',
  'created',
  'indexed',
  'occurrenceDateTime',
];
const dayMs = 86_400_000;

/** As a warning: a send tells of one person, the one who sends it. */
export const subjectIsOne: BundleRule = (_bundle, entries, report) => {
  let first: unknown;
  for (const { resource, path } of entries) {
    const key = subjectKeys.get(String(resource.resourceType));
    const subject = key === undefined ? undefined : resource[key];
    const reference = isFields(subject) ? subject.reference : undefined;
    if (key === undefined || typeof reference !== 'string' || reference.startsWith('#')) continue;
    first ??= reference;
    if (reference !== first) report([...path, 'resource', key, 'reference'], 'subject-differs');
  }
};

/** As a warning: a manifest lists the documents that come with it. */
export const documentIsListed: BundleRule = (_bundle, entries, report) => {
  const documents = entries.filter(({ resource }) => resource.resourceType === 'DocumentReference');
  if (documents.length === 0) return;
  const names = new Set(
    documents.flatMap(({ value, resource }) => [value.fullUrl, `DocumentReference/${resource.id}`]),
  );
  for (const { resource, path } of entries) {
    if (resource.resourceType !== 'DocumentManifest' || resource.content === undefined) continue;
    if (!objectsIn(resource.content).some((part) => names.has(referenceOf(part))))
      report([...path, 'resource', 'content'], 'manifest-content');
  }
};

/** As a warning: what is told has happened; a day is allowed for zones. */
export const datesHaveCome: EntryRule = ({ resource, path }, report) => {
  const tomorrow = new Date(Date.now() + dayMs).toISOString();
  for (const key of pastDates) {
    const date = resource[key];
    if (typeof date === 'string' && date.slice(0, 10) > tomorrow.slice(0, Math.min(date.length, 10)))
      report([...path, 'resource', key], 'date-to-come');
  }
};

function referenceOf({ pReference }: Fields): unknown {
  return isFields(pReference) ? pReference.reference : undefined;
}
