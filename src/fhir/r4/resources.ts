import { isFields, objectsIn } from '../walk-resource.js';
import type { ConvertedObject, Json } from './conversion.js';

/** How the resources of R4 become those of STU3 (hl7.org/fhir/R4/observation-version-maps.html and its siblings). */
export const resourceConversions: ReadonlyMap<string, (at: ConvertedObject) => void> = new Map(
  Object.entries({
    Observation: convertObservation,
    QuestionnaireResponse: convertAnswers,
    DocumentReference: convertDocument,
    DocumentManifest: convertManifest,
    Task: convertTask,
    Media: convertMedia,
    Binary: (at) => at.rename('data', 'content'),
    RelatedPerson: (at) => at.firstOnly('relationship'),
  } satisfies Record<string, (at: ConvertedObject) => void>),
);

const people = ['Practitioner', 'Organization', 'Patient', 'RelatedPerson'];
const authors = [...people, 'Device'];

function convertObservation(at: ConvertedObject): void {
  at.remove('partOf');
  at.remove('focus');
  at.rename('encounter', 'context');
  at.replace('effectiveInstant', 'effectiveDateTime', (value) => value);
  at.replace('effectiveTiming', 'effectiveDateTime', (timing) => {
    const events = isFields(timing) && Array.isArray(timing.event) ? timing.event : [];
    return typeof events[0] === 'string' ? events[0] : undefined;
  });
  limitTargets(at, 'performer', people);
  convertValue(at);
  if (Array.isArray(at.value.interpretation)) at.firstOnly('interpretation');
  const isComment = at.value.comment === undefined;
  at.replace('note', 'comment', (notes) => (isComment ? textOf(notes) : undefined));
  relate(at, 'hasMember', 'has-member');
  relate(at, 'derivedFrom', 'derived-from');
  for (const component of at.each('component')) {
    convertValue(component);
    if (Array.isArray(component.value.interpretation)) component.firstOnly('interpretation');
  }
}

/** STU3 has no whole number as the value of an observation: a quantity says the same. */
function convertValue(at: ConvertedObject): void {
  if (at.value.valueQuantity === undefined) {
    at.replace('valueInteger', 'valueQuantity', (value) => ({ value }), 'r4-retyped');
  } else at.remove('valueInteger');
}

const relatable = /(?:^|\/)(?:Observation|QuestionnaireResponse|Sequence|MolecularSequence)\/|^urn:|^#/;

function relate(at: ConvertedObject, name: string, type: string): void {
  const list = objectsIn(at.value[name]);
  if (at.value[name] === undefined) return;
  const kept = list.filter(({ reference }) => typeof reference !== 'string' || relatable.test(reference));
  const related = [...objectsIn(at.value.related), ...kept.map((target) => ({ type, target }))];
  const before = at.value[name];
  delete at.value[name];
  if (kept.length > 0) at.value.related = related;
  if (kept.length > 0) at.tell(name, 'r4-related', { name, type }, { [name]: before }, { related });
  if (kept.length < list.length || kept.length === 0)
    at.tell(name, 'r4-removed', { name }, { [name]: before }, undefined);
}

function convertAnswers(at: ConvertedObject): void {
  at.rename('encounter', 'context');
  at.rename('partOf', 'parent');
  if (typeof at.value.questionnaire === 'string') {
    at.replace(
      'questionnaire',
      'questionnaire',
      (address) => ({ reference: String(address).replace(/\|.*$/, ''), display: String(address) }),
      'r4-retyped',
    );
  }
  limitTargets(at, 'author', authors);
  limitTargets(at, 'source', ['Patient', 'Practitioner', 'RelatedPerson']);
}

function convertDocument(at: ConvertedObject): void {
  if (at.value.class === undefined && Array.isArray(at.value.category)) at.firstOnly('category', 'class');
  else at.remove('category');
  at.rename('date', 'indexed');
  limitTargets(at, 'author', authors);
  for (const context of at.object('context')) {
    if (Array.isArray(context.value.encounter)) context.firstOnly('encounter');
    const related = objectsIn(context.value.related);
    if (related.some((item) => item.ref === undefined && item.reference !== undefined)) {
      context.replace('related', 'related', () => related.map((ref) => ({ ref })), 'r4-retyped');
    }
  }
}

function convertManifest(at: ConvertedObject): void {
  const content = objectsIn(at.value.content);
  if (content.some((item) => item.pReference === undefined && item.pAttachment === undefined)) {
    at.replace('content', 'content', () => content.map((pReference) => ({ pReference })), 'r4-retyped');
  }
  limitTargets(at, 'author', authors);
}

function convertTask(at: ConvertedObject): void {
  at.rename('encounter', 'context');
  at.rename('reasonCode', 'reason');
  at.rename('instantiatesUri', 'definitionUri');
  at.rename('instantiatesCanonical', 'definitionUri');
  for (const name of ['insurance', 'location', 'reasonReference']) at.remove(name);
  const { requester } = at.value;
  if (isFields(requester) && requester.agent === undefined) {
    at.replace('requester', 'requester', (agent) => ({ agent }), 'r4-retyped');
  }
}

function convertMedia(at: ConvertedObject): void {
  for (const name of ['status', 'issued', 'partOf']) at.remove(name);
  at.rename('encounter', 'context');
  at.rename('modality', 'subtype');
  at.rename('createdDateTime', 'occurrenceDateTime');
  at.rename('createdPeriod', 'occurrencePeriod');
  if (isFields(at.value.type)) {
    const [coding] = objectsIn(at.value.type.coding);
    const kind = coding?.code === 'image' ? 'photo' : coding?.code;
    at.replace('type', 'type', () => kind, 'r4-retyped');
  }
}

/** A reference to a type that STU3 does not allow here keeps its words only. */
function limitTargets(at: ConvertedObject, name: string, allowed: readonly string[]): void {
  for (const reference of [...at.each(name), ...at.object(name)]) {
    const type = /(?:^|\/)([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}$/.exec(
      String(reference.value.reference ?? ''),
    )?.[1];
    if (type === undefined || allowed.includes(type)) continue;
    reference.remove('reference');
    if (reference.value.display === undefined) reference.value.display = type;
  }
}

function textOf(notes: unknown): string | undefined {
  const texts = (Array.isArray(notes) ? notes : [notes])
    .filter(isFields)
    .map(({ text }: Readonly<Json>) => text)
    .filter((text) => typeof text === 'string');
  return texts.length > 0 ? texts.join('\n') : undefined;
}
