import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { AppError } from '../../errors.js';
import {
  type BundleForm,
  bundleForms,
  type FieldProblem,
  type FormField,
  locatePathsInJson,
  questionnaireForm,
  sampleQuestionnaire,
  zoneOf,
} from '../../fhir/index.js';
import { languageOf, oneString, renderPage, type Translate, translator, wantsJson } from '../../web/index.js';
import { type MakeRequest, maxFileBytes } from './make-body.js';

/** What a form made of its values. */
export interface MadeBundle {
  /** The bundle as JSON text; only where the form was finished. */
  text?: string;
  /** What is still to be put right. */
  problems: { path: string; message: string }[];
  /** How it is shown, and where each value went; not where it goes on to be sent. */
  shown?: { lines: ShownLine[]; places: FieldPlace[] };
}

/** One line of the bundle as a page shows it, with the field that its value came from. */
interface ShownLine {
  text: string;
  field?: string;
}

/** Where the value of a field went. */
interface FieldPlace {
  field: string;
  path: string;
  line: number;
}

/** The file of a document is one value of the bundle: a page shows its beginning. */
const longestShown = 120;

/** The ids of all forms, in the order of their page. */
const formIds = [...bundleForms.map(({ id }) => id), 'questionnaire'];

/** A page that made no form of what was pasted keeps it and says so. */
interface Asked {
  form: BundleForm | undefined;
  definition?: string | undefined;
  isDefinitionWrong?: boolean;
}

/** The pages on which a form makes a bundle. */
export class MakePage {
  /** All forms to choose from. */
  showForms(req: Request, res: Response): void {
    const model = { forms: formIds, connection: oneString(req.query.connection) ?? '' };
    if (wantsJson(req)) return void res.json({ forms: formIds });
    renderPage(req, res, 'push/make-list', model);
  }

  /** One empty form. @throws AppError NotFound */
  showEmpty(req: Request, res: Response): void {
    const asked = this.#ask(req, req.query.sample === undefined ? undefined : sampleText());
    const connection = oneString(req.query.connection) ?? undefined;
    const request = { input: {}, isFinal: false, definition: asked.definition, connection };
    this.#render(req, res, asked, request, this.make(req, request));
  }

  /**
   * The bundle that a filled-in form makes; `undefined` where a questionnaire has yet to be read, or is none.
   * @throws AppError NotFound
   */
  make(req: Request, { input, file, definition, isFinal }: MakeRequest): MadeBundle | undefined {
    const { form } = this.#ask(req, definition);
    if (form === undefined) return undefined;
    const t = translator(languageOf(req));
    const context = { newId: randomUUID, now: new Date(), ...(file && { file }) };
    const { bundle, places, problems } = form.make(input, context);
    const told = problems.map((one) => asMessage(t, form, one));
    if (isFinal && told.length === 0) return { text: JSON.stringify(bundle, null, 2), problems: told };
    return { problems: told, shown: showBundle(bundle, places) };
  }

  /** The form as it was sent, with what was made of it beside it. @throws AppError NotFound */
  showMade(req: Request, res: Response, request: MakeRequest, made: MadeBundle | undefined): void {
    this.#render(req, res, this.#ask(req, request.definition), request, made);
  }

  #ask(req: Request, definition: string | undefined): Asked {
    const id = String(req.params.form);
    const form = bundleForms.find((one) => one.id === id);
    if (form) return { form };
    if (id !== 'questionnaire') throw new AppError('NotFound');
    if (definition === undefined) return { form: undefined };
    const asked = questionnaireForm(parsed(definition));
    return { form: asked, definition, isDefinitionWrong: asked === undefined };
  }

  #render(req: Request, res: Response, asked: Asked, request: MakeRequest, made?: MadeBundle): void {
    const id = String(req.params.form);
    const { form, definition, isDefinitionWrong = false } = asked;
    // An empty form names nothing as missing yet.
    const isTold = request.isFinal && made !== undefined;
    const isWrong = isDefinitionWrong || (isTold && made.problems.length > 0);
    const problemOf = new Map((isTold ? made.problems : []).map(({ path, message }) => [path, message]));
    const model = {
      id,
      fields: form?.fields,
      values: request.input,
      zone: zoneOf(request.input),
      definition: definition ?? '',
      isDefinitionWrong,
      formTitle: form && 'title' in form ? form.title : undefined,
      problems: isTold ? made.problems : [],
      problemOf,
      shown: made?.shown,
      isComplete: made?.problems.length === 0,
      maxFileBytes,
      connection: request.connection ?? '',
    };
    renderPage(req, res, 'push/make', model, { status: isWrong ? 422 : 200 });
  }
}

/** The lines of a bundle, each with the field that its value came from. */
function showBundle(bundle: unknown, places: Readonly<Record<string, readonly string[]>>) {
  const cut = (_key: string, value: unknown) =>
    typeof value === 'string' && value.length > longestShown ? `${value.slice(0, longestShown)}…` : value;
  const text = JSON.stringify(bundle, cut, 2);
  const paths = Object.entries(places).flatMap(([field, own]) => own.map((path) => ({ field, path })));
  const located = locatePathsInJson(
    text,
    paths.map(({ path }) => path),
  );
  const found = paths.map((place): FieldPlace => ({ ...place, line: located.get(place.path)?.line ?? 1 }));
  const fieldAt = new Map(found.map(({ field, line }) => [line, field]));
  const lines = text.split('\n').map((line, index): ShownLine => {
    const field = fieldAt.get(index + 1);
    return field === undefined ? { text: line } : { text: line, field };
  });
  return { lines, places: found };
}

/** The text of the questionnaire to try the form with. */
function sampleText(): string {
  return JSON.stringify(sampleQuestionnaire, null, 2);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function asMessage(t: Translate, form: BundleForm, { field, problem, values }: FieldProblem) {
  const asked = form.fields.find(({ name }) => name === field);
  return {
    path: field,
    message: t(`make:problem.${problem}`, { ...values, field: labelOf(t, asked, field) }),
  };
}

function labelOf(t: Translate, field: FormField | undefined, name: string): string {
  return field?.label ?? t(`make:field.${name}.label`);
}
