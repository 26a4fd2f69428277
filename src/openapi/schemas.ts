import { errorStatus } from '../errors.js';
import { ref, type Schema } from './operation.js';

const text = (description?: string): Schema => ({ type: 'string', ...(description && { description }) });
const time: Schema = { type: 'integer', description: 'Unix time in milliseconds' };
const flag = (description: string): Schema => ({ type: 'boolean', description });
const count = (description: string): Schema => ({ type: 'integer', minimum: 0, description });
const list = (items: Schema): Schema => ({ type: 'array', items });
const link: Schema = { type: 'string', description: 'A path of this app' };

/** An object that has at least these properties; more may come, which is no breaking change. */
function object(properties: Record<string, Schema>, optional: readonly string[] = []): Schema {
  return {
    type: 'object',
    properties,
    required: Object.keys(properties).filter((name) => !optional.includes(name)),
  };
}

const pushProperties = {
  id: text(),
  type: { enum: ['library', 'provider'] },
  state: ref('PushState'),
  fileName: text(),
  size: count('Bytes'),
  sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
  descriptor: ref('FileDescriptor'),
  accountId: text('Of a push to a provider'),
  version: text('The FHIR version of a push to a provider'),
  createdAt: time,
  updatedAt: time,
  deliveredAt: time,
  nextAttemptAt: time,
  keptUntil: {
    ...time,
    description: 'When one that waits for the person is cancelled, or the entry of one that ended is removed',
  },
  attempts: list(ref('Attempt')),
  attemptCount: count('How often it was tried'),
  lastError: object({ code: text(), message: text(), reference: text(), advice: text() }, [
    'reference',
    'advice',
  ]),
  possiblyDuplicated: flag('An attempt ended without an answer, so it may have arrived twice'),
  progress: {
    ...object({ sentBytes: count('Given to the connection'), totalBytes: count('Of the file') }),
    description: 'Of the attempt under way, where the process that answers makes it and the file is large',
  },
  response: { description: "The provider's answer" },
  answer: { description: "The provider's answer entry by entry, where it is FHIR" },
  overruled: {
    ...list(object({ path: text(), message: text() })),
    description: 'What the check refused and was sent all the same, by `sendAnyway`',
  },
  connection: object({ id: text(), label: text() }),
  links: object({ self: link, events: link, retry: link, cancel: link, reauthorize: link }, [
    'retry',
    'cancel',
    'reauthorize',
  ]),
};

/** The bodies of answers and requests by name: `components.schemas` of the description. */
export const schemas: Record<string, Schema> = {
  Error: object({
    error: object(
      {
        code: { enum: Object.keys(errorStatus) },
        message: text('What happened and what to do, in the language of the request'),
        requestId: text('The log has the same one'),
        details: list(object({ path: text('The field'), message: text() })),
        platformCode: text("digi.me's own code, where it was digi.me that refused"),
        platformReference: text(),
      },
      ['details', 'platformCode', 'platformReference'],
    ),
  }),
  FileDescriptor: {
    ...object(
      {
        mimeType: text('RFC 6838; must not contradict the content'),
        accounts: { ...list(object({ accountId: text('1 to 256 characters') })), minItems: 1, maxItems: 50 },
        reference: { ...list(text('1 to 256 characters')), maxItems: 50 },
        tags: { ...list(text('1 to 256 characters')), maxItems: 50 },
      },
      ['reference', 'tags'],
    ),
    additionalProperties: false,
    description: 'What digi.me is told about a file. Signed it must fit into a header of 8 kB.',
  },
  PushState: {
    enum: ['queued', 'pushing', 'delivered', 'failed', 'needs-reauthorization', 'cancelled'],
    description:
      '`queued` → `pushing` → `delivered`; `queued` with `nextAttemptAt` waits between two attempts; ' +
      '`failed` is not tried again by itself; `needs-reauthorization` waits for the person.',
  },
  Attempt: object(
    {
      number: { type: 'integer', minimum: 1 },
      startedAt: time,
      durationMs: count('Milliseconds'),
      status: { type: 'integer', description: "The platform's HTTP status; absent where no answer came" },
      code: text(),
      message: text(),
      reference: text(),
    },
    ['durationMs', 'status', 'code', 'message', 'reference'],
  ),
  Push: object(pushProperties, [
    'descriptor',
    'accountId',
    'version',
    'deliveredAt',
    'nextAttemptAt',
    'keptUntil',
    'lastError',
    'progress',
    'response',
    'answer',
    'overruled',
  ]),
  Accepted: object(
    {
      id: text(),
      state: ref('PushState'),
      links: object({ self: link, events: link }),
      warnings: {
        ...list(ref('CheckProblem')),
        description: 'Of a bundle: what the check remarked, and what `sendAnyway` overruled',
      },
    },
    ['warnings'],
  ),
  Connection: object(
    {
      id: text(),
      type: { enum: ['library', 'provider', 'read'] },
      label: text(),
      state: { enum: ['active', 'needs-reauthorization'] },
      createdAt: time,
      keptUntil: { ...time, description: 'When it is dropped unless the visitor comes back before' },
      accountId: text(),
      accountName: text(),
    },
    ['accountId', 'accountName'],
  ),
  Home: object({
    mode: { enum: ['sandbox', 'live'] },
    connections: list(ref('Connection')),
    can: object({
      library: flag('Always'),
      provider: flag('A contract is set'),
      read: flag('A contract is set'),
    }),
    contracts: list(
      object(
        { role: text(), id: text(), name: text(), accessType: text(), expiresAt: time, problem: text() },
        ['expiresAt', 'problem'],
      ),
    ),
  }),
  AuthorizationRequest: {
    type: 'object',
    properties: {
      type: { enum: ['library', 'provider'], default: 'library' },
      serviceId: { type: 'integer', minimum: 1, description: 'The source to choose beforehand' },
      locale: text('The language of the consent page, for example `nl`'),
      newLibrary: flag(
        'Go on after `NewLibraryNeeded`: none of the tokens is accepted, so this makes a second library',
      ),
      connection: text('Authorizes this connection again'),
    },
  },
  AuthorizationUrl: object({ url: text("digi.me's consent page") }),
  ProviderRequest: {
    ...object(
      {
        connection: text('Needed where there are several'),
        accountId: text('Default: the account of the connection'),
        version: { const: 'stu3' },
        resource: {
          description: 'A FHIR STU3 Bundle of type `batch` or `transaction`, or its JSON text; at most 5 MiB',
        },
        idempotencyKey: text('As the header `Idempotency-Key`'),
        sendAnyway: flag('Sends what only a profile or MedMij refuses (`verdict` is `overridable`)'),
        format: flag('In a check: gives the text laid out'),
        action: {
          enum: ['repair', 'applyRepair', 'importR4', 'applyR4'],
          description:
            'In a check: gives the text with everything put right that has one certain repair; `applyRepair` checks that text. `importR4` and `applyR4` do so with the text turned from FHIR R4 into STU3',
        },
      },
      ['connection', 'accountId', 'version', 'idempotencyKey', 'sendAnyway', 'format', 'action'],
    ),
  },
  CheckProblem: object(
    {
      path: text('For example `entry[0].resource.code`; empty for the whole text'),
      rule: text('Its name in `docs/fhir.md`'),
      message: text('In the language of the request'),
      severity: { enum: ['error', 'warning'] },
      overridable: { const: true, description: 'An error that `sendAnyway` overrules' },
      source: text('The address of what demands it'),
      line: { type: 'integer' },
      column: { type: 'integer' },
    },
    ['overridable', 'line', 'column'],
  ),
  CheckResult: object(
    {
      problems: list(ref('CheckProblem')),
      verdict: {
        enum: ['ready', 'overridable', 'blocked'],
        description: '`overridable`: goes with `sendAnyway` only; `blocked`: does not go at all',
      },
      accepted: flag('It would be sent as it is'),
      formatted: text('The text laid out, where `format` asked for it'),
      repaired: {
        ...object({
          text: text('The whole text after the repairs'),
          changes: list(object({ path: text(), message: text(), line: { type: 'integer' } })),
          lines: list(object({ line: { type: 'integer' }, before: text(), after: text() })),
        }),
        description: 'What is put right and the lines that differ, where `action` asked for it',
      },
    },
    ['formatted', 'repaired'],
  ),
  MakeRequest: {
    type: 'object',
    description: 'The values of a form by the names of its fields, for example `systolic` or `q3`',
    properties: {
      action: { enum: ['show', 'use'], description: '`use`: the whole bundle comes with the answer' },
      zone: text('The IANA time zone of the moments, `Europe/Amsterdam` without one'),
      definition: text('Of the form `questionnaire`: the Questionnaire as JSON'),
      file: { type: 'string', format: 'binary', description: 'Of the form `document`: the PDF' },
      connection: text('Which of several connections it will be sent with'),
    },
    additionalProperties: true,
  },
  MadeBundle: object(
    {
      problems: list(object({ path: text('The name of the field'), message: text() })),
      lines: list(object({ text: text('Long values are cut'), field: text() }, ['field'])),
      places: list(object({ field: text(), path: text(), line: { type: 'integer' } })),
      resource: text('The bundle, where nothing is to be put right and `action` asked for it'),
    },
    ['lines', 'places', 'resource'],
  ),
  Account: object(
    {
      id: text(),
      name: text(),
      kind: text(),
      type: text(),
      username: text(),
      isSample: flag('A sample of digi.me'),
      permission: { enum: ['allowed', 'withdrawn', 'unknown'] },
      expiresAt: time,
      createdAt: time,
      updatedAt: time,
      links: object({ reauthorize: link, revoke: link, delete: link }),
    },
    ['type', 'username', 'expiresAt', 'createdAt', 'updatedAt'],
  ),
  LibraryFile: object(
    {
      name: text("digi.me's own name for it"),
      title: text(),
      type: text(),
      kind: {
        enum: ['pdf', 'photo', 'text', 'table', 'document', 'record', 'sound', 'film', 'archive', 'other'],
        description: 'The type in one word',
      },
      size: count('Bytes, once it was read'),
      sentBytes: count('Of the encrypted body'),
      sha256: text('Of the content, once it was read'),
      tags: list(text()),
      reference: list(text()),
      accounts: list(text()),
      at: time,
      application: object({ id: text(), isThisApp: flag('Pushed by this app') }),
      samePush: object({ id: text(), fileName: text(), href: link }),
      probably: object({ id: text(), fileName: text(), href: link }),
      isCompared: flag("Its bytes were read and compared with the visitor's pushes"),
      details: { enum: ['known', 'awaited', 'unknown'] },
      links: object({ self: link, preview: link }),
    },
    ['type', 'size', 'sentBytes', 'sha256', 'at', 'application', 'samePush', 'probably'],
  ),
};
