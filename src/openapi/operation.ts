import { type ErrorCode, errorStatus } from '../errors.js';

/** A JSON Schema (draft 2020-12), as OpenAPI 3.1 §4.8.24 takes it. */
export type Schema = Readonly<Record<string, unknown>>;

/** What an answer carries beside its status: a sentence, and its body by media type. */
export interface Answer {
  readonly description: string;
  /** By media type; `application/json` unless it says otherwise. */
  readonly content?: Readonly<Record<string, Schema>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly schema?: Schema;
  readonly required?: boolean;
}

/** One route of the app. What every route may answer is added by `toOperation`. */
export interface Route {
  readonly method: 'get' | 'post' | 'head' | 'patch' | 'delete' | 'options';
  /** With `{name}` for what varies. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly Parameter[];
  /** By media type. */
  readonly body?: Readonly<Record<string, Schema>>;
  readonly answers: Readonly<Record<string, Answer>>;
  /** The codes of `src/errors.ts` that this route gives beside those that every route may give. */
  readonly errors?: readonly ErrorCode[];
}

const everywhere: readonly ErrorCode[] = ['HostNotAllowed', 'StorageUnavailable', 'InternalError'];
const unsafe: readonly ErrorCode[] = ['CrossSiteRequest'];

export const ref = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });
export const json = (schema: Schema): Readonly<Record<string, Schema>> => ({ 'application/json': schema });
export const page: Readonly<Record<string, Schema>> = { 'text/html': { type: 'string' } };

/** An answer that is a page for browsers and this JSON for `Accept: application/json`. */
export const pageOr = (description: string, schema: Schema): Answer => ({
  description,
  content: { ...json(schema), ...page },
});

export const answered = (description: string, schema: Schema): Answer => ({
  description,
  content: json(schema),
});

/** `303 See Other`; a script that asked for JSON finds the same facts in the body. */
export const onward = (where: string, schema: Schema): Answer => ({
  description: `On to ${where}.`,
  headers: { Location: 'Where to go on.' },
  content: json(schema),
});

const contentOf = (content: Readonly<Record<string, Schema>>) =>
  Object.fromEntries(Object.entries(content).map(([type, schema]) => [type, { schema }]));

function responseOf({ description, content, headers }: Answer): object {
  return {
    description,
    ...(headers && {
      headers: Object.fromEntries(
        Object.entries(headers).map(([name, text]) => [
          name,
          { description: text, schema: { type: 'string' } },
        ]),
      ),
    }),
    ...(content && { content: contentOf(content) }),
  };
}

function errorResponse(codes: readonly ErrorCode[]): object {
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    content: {
      'application/json': {
        schema: {
          allOf: [ref('Error'), { properties: { error: { properties: { code: { enum: [...codes] } } } } }],
        },
      },
      'text/html': { schema: { type: 'string' } },
    },
  };
}

/** A route as an Operation Object (OpenAPI 3.1 §4.8.10), with every error that it can answer by status. */
export function toOperation(route: Route): object {
  const codes = [...(route.errors ?? []), ...(route.method === 'get' ? [] : unsafe), ...everywhere];
  const byStatus = new Map<string, ErrorCode[]>();
  for (const code of codes) {
    const status = String(errorStatus[code]);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  const responses = {
    ...Object.fromEntries([...byStatus].map(([status, list]) => [status, errorResponse(list)])),
    ...Object.fromEntries(
      Object.entries(route.answers).map(([status, answer]) => [status, responseOf(answer)]),
    ),
  };
  const name = route.path.replace(/[^A-Za-z0-9]+(.)?/g, (_, next: string | undefined) =>
    (next ?? '').toUpperCase(),
  );
  return {
    tags: [route.tag],
    operationId: `${route.method}${name.charAt(0).toUpperCase()}${name.slice(1)}`,
    summary: route.summary,
    ...(route.description && { description: route.description }),
    ...(route.parameters && {
      parameters: route.parameters.map(({ schema = { type: 'string' }, ...parameter }) => ({
        ...parameter,
        ...(parameter.in === 'path' && { required: true }),
        schema,
      })),
    }),
    ...(route.body && { requestBody: { required: true, content: contentOf(route.body) } }),
    responses,
  };
}
