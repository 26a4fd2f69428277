import { ucum } from '../rules/code-forms.js';
import { isUcum } from '../rules/units.js';
import { isFields } from '../walk-resource.js';
import {
  FieldReader,
  type FormField,
  type FormInput,
  type FormResult,
  type MakeContext,
  zoneOf,
} from './form.js';
import { finish, from } from './made.js';
import { makePerson, personFields } from './person.js';
import { allQuestions, type Question, type Questions } from './questionnaire.js';

const formDefinition = {
  system: 'http://loinc.org',
  code: '74468-0',
  display: 'Questionnaire form definition Document',
};
const formAnswers = {
  system: 'http://loinc.org',
  code: '74465-6',
  display: 'Questionnaire response Document',
};

/** What the form of a questionnaire asks for. */
export function answerFields(questions: Questions): FormField[] {
  return [...allQuestions(questions.items).map(({ field }) => field), ...personFields];
}

/** Makes the transaction of an answered questionnaire: the task that it completes, the person, and the answers. */
export function makeAnswers(questions: Questions, input: FormInput, context: MakeContext): FormResult {
  const read = new FieldReader(input, context.now);
  const zone = zoneOf(input);
  const items = questions.items.map((question) => itemOf(question, read, zone));
  const person = makePerson(read, context.newId());
  const [taskId, answersId] = [context.newId(), context.newId()];
  const answersUrl = `urn:uuid:${answersId}`;
  const now = context.now.toISOString();
  const questionnaire =
    questions.reference === undefined
      ? { display: questions.title }
      : { reference: questions.reference, display: questions.title };
  const made = finish({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      {
        fullUrl: `urn:uuid:${taskId}`,
        resource: {
          resourceType: 'Task',
          id: taskId,
          meta: { profile: ['http://hl7.org/fhir/StructureDefinition/Task'] },
          status: 'completed',
          intent: 'order',
          code: { coding: [formDefinition], text: 'Vragenlijst' },
          description: questions.title,
          for: person.reference,
          authoredOn: now,
          lastModified: now,
          requester: { agent: person.reference },
          owner: person.reference,
          input: [{ type: { coding: [formDefinition], text: 'Vragenlijst' }, valueReference: questionnaire }],
          output: [
            {
              type: { coding: [formAnswers], text: 'Ingevulde vragenlijst' },
              valueReference: { reference: answersUrl, display: questions.title },
            },
          ],
        },
        request: { method: 'PUT', url: `Task/${taskId}` },
      },
      person.entry,
      {
        fullUrl: answersUrl,
        resource: {
          resourceType: 'QuestionnaireResponse',
          meta: { profile: ['http://hl7.org/fhir/StructureDefinition/QuestionnaireResponse'] },
          questionnaire,
          status: read.problems.length === 0 ? 'completed' : 'in-progress',
          subject: person.reference,
          authored: now,
          author: person.reference,
          source: person.reference,
          item: items,
        },
        request: { method: 'POST', url: 'QuestionnaireResponse' },
      },
    ],
  });
  return { ...made, problems: read.problems };
}

/** An item with its answers; questions below one that is answered stand within its first answer (qrs-1). */
function itemOf(question: Question, read: FieldReader, zone: string): unknown {
  const { linkId, text, field, children } = question;
  const values = answersTo(question, read, zone);
  const below = children.map((child) => itemOf(child, read, zone)).filter((item) => item !== undefined);
  if (values.length === 0 && below.length === 0) return undefined;
  const answers = values.map(([key, value], index) => ({
    [key]: from(field.name, value),
    item: index === 0 ? below : undefined,
  }));
  return {
    linkId,
    text,
    answer: answers.length > 0 ? answers : undefined,
    item: answers.length > 0 ? undefined : below,
  };
}

function answersTo(question: Question, read: FieldReader, zone: string): [key: string, value: unknown][] {
  const { type, field, options } = question;
  const one = (key: string, value: unknown): [string, unknown][] =>
    value === undefined ? [] : [[key, value]];
  if (field.kind === 'heading') return [];
  if (field.kind === 'choices') return read.choices(field).flatMap((value) => optionOf(options.get(value)));
  if (type === 'boolean') {
    const chosen = read.choice(field);
    return one('valueBoolean', chosen === undefined ? undefined : chosen === 'true');
  }
  if (field.kind === 'choice') return optionOf(options.get(read.choice(field) ?? ''));
  switch (type) {
    case 'decimal':
      return one('valueDecimal', read.number(field));
    case 'integer':
      return one('valueInteger', read.number(field));
    case 'quantity':
      return quantityOf(question, read.number(field));
    case 'date':
      return one('valueDate', read.day(field, true));
    case 'dateTime':
      return one('valueDateTime', read.moment(field, zone, true));
    case 'time':
      return one('valueTime', read.time(field));
    case 'url': {
      const address = read.text(field);
      if (address === undefined || /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/.test(address))
        return one('valueUri', address);
      read.fail(field, 'text');
      return [];
    }
    default:
      return one('valueString', read.text(field));
  }
}

function optionOf(option: Readonly<Record<string, unknown>> | undefined): [string, unknown][] {
  return option === undefined ? [] : Object.entries(option);
}

function quantityOf({ unit }: Question, value: number | undefined): [string, unknown][] {
  if (value === undefined) return [];
  const { system, code, display } = unit ?? {};
  const isKnown = system === ucum && typeof code === 'string' && isUcum(code);
  const words = typeof display === 'string' ? display : isKnown ? code : undefined;
  return [['valueQuantity', { value, unit: words, ...(isKnown && isFields(unit) && { system, code }) }]];
}
