import { answerFields, makeAnswers } from './answers.js';
import { documentFields, makeDocument } from './document.js';
import type { FormField, FormInput, FormResult, MakeContext } from './form.js';
import { type MeasurementId, makeMeasurement, measurementFields, measurements } from './measurement.js';
import { readQuestionnaire } from './questionnaire.js';

/** A form that makes a bundle. */
export interface BundleForm {
  id: string;
  fields: readonly FormField[];
  make(input: FormInput, context: MakeContext): FormResult;
}

const measurementForms = (Object.keys(measurements) as MeasurementId[]).map(
  (id): BundleForm => ({
    id,
    fields: measurementFields(id),
    make: (input, context) => makeMeasurement(id, input, context),
  }),
);

/** The forms whose questions are known beforehand; the one of a questionnaire comes from `questionnaireForm`. */
export const bundleForms: readonly BundleForm[] = [
  ...measurementForms,
  { id: 'document', fields: documentFields, make: makeDocument },
];

/** The form of a Questionnaire of STU3; `undefined` for what is none, or has more than 200 questions. */
export function questionnaireForm(definition: unknown): (BundleForm & { title: string }) | undefined {
  const questions = readQuestionnaire(definition);
  if (questions === undefined) return undefined;
  return {
    id: 'questionnaire',
    title: questions.title,
    fields: answerFields(questions),
    make: (input, context) => makeAnswers(questions, input, context),
  };
}
