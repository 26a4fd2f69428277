import { answered, json, onward, type Parameter, page, pageOr, type Route, ref } from './operation.js';

const idempotencyKey: Parameter = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'The same key with the same content gives the same push, not a second one; with other content 409. Per visitor, 1 to 255 characters.',
};
const connection: Parameter = {
  name: 'connection',
  in: 'query',
  description: 'Which of several connections',
};
const pushId: Parameter = { name: 'id', in: 'path', description: 'Of the push' };

const accepted = {
  '202': {
    ...answered('Kept on disk; it is delivered even if the process dies now.', ref('Accepted')),
    headers: { Location: 'The push' },
  },
  '303': onward('the page of the push (browsers)', ref('Accepted')),
};

const intake = [
  'ConnectionNotFound',
  'ConnectionNeedsReauthorization',
  'IdempotencyConflict',
  'InvalidRequest',
  'MalformedMultipart',
  'UnexpectedField',
  'UploadAborted',
  'UploadTimeout',
  'QuotaExceeded',
  'StorageFull',
  'TooManyUploads',
  'TooManyRequests',
  'ShuttingDown',
] as const;

const multipartFile = {
  type: 'object',
  required: ['fileMeta', 'file'],
  properties: {
    fileMeta: { ...ref('FileDescriptor'), description: 'The file descriptor as JSON text' },
    file: { type: 'string', format: 'binary', description: 'Exactly one file with a name' },
    connection: { type: 'string', description: 'Needed where there are several' },
    idempotencyKey: { type: 'string', description: 'As the header' },
    mimeType: { type: 'string', description: 'Instead of `fileMeta`, as the form without scripts sends it' },
    accountId: { type: 'string', description: 'Likewise' },
    reference: { type: 'string', description: 'Likewise; separated by commas' },
    tags: { type: 'string', description: 'Likewise; separated by commas' },
  },
};

/** What sends files and bundles, and what became of them. */
export const pushRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/push',
    tag: 'Pushing files',
    summary: 'The upload page',
    parameters: [connection],
    answers: { '200': { description: 'A page.', content: page } },
    errors: ['ConnectionNotFound'],
  },
  {
    method: 'post',
    path: '/push/library',
    tag: 'Pushing files',
    summary: "Pushes one file into the person's library",
    description: '`fileMeta` and `file` may come in either order. Whatever is refused leaves nothing behind.',
    parameters: [idempotencyKey],
    body: { 'multipart/form-data': multipartFile },
    answers: accepted,
    errors: [
      ...intake,
      'NotMultipart',
      'FileMissing',
      'FileEmpty',
      'TooManyFiles',
      'FieldTooLong',
      'FileTooLarge',
      'FileMetaInvalid',
      'DescriptorTooLarge',
      'MimeTypeMismatch',
    ],
  },
  {
    method: 'get',
    path: '/push/provider',
    tag: 'Pushing to a provider',
    summary: 'The editor for bundles',
    parameters: [
      connection,
      { name: 'example', in: 'query', description: 'Fills in one of the example bundles' },
    ],
    answers: { '200': { description: 'A page.', content: page } },
    errors: ['ConnectionNotFound'],
  },
  {
    method: 'post',
    path: '/push/provider',
    tag: 'Pushing to a provider',
    summary: 'Pushes one FHIR STU3 bundle to the MedMij provider of an account',
    parameters: [idempotencyKey],
    body: {
      ...json(ref('ProviderRequest')),
      'application/x-www-form-urlencoded': ref('ProviderRequest'),
      'multipart/form-data': ref('ProviderRequest'),
    },
    answers: accepted,
    errors: [
      ...intake,
      'UnsupportedMediaType',
      'ProviderResourceInvalid',
      'ProviderResourceTooLarge',
      'AccountNotFound',
      'ContractMissing',
    ],
  },
  {
    method: 'post',
    path: '/push/provider/check',
    tag: 'Pushing to a provider',
    summary: 'Checks a bundle without sending it',
    body: {
      ...json(ref('ProviderRequest')),
      'application/x-www-form-urlencoded': ref('ProviderRequest'),
      'multipart/form-data': ref('ProviderRequest'),
    },
    answers: { '200': pageOr('What is wrong with it, by path, line and column.', ref('CheckResult')) },
    errors: [
      'InvalidRequest',
      'UnsupportedMediaType',
      'UnexpectedField',
      'MalformedMultipart',
      'ProviderResourceInvalid',
      'ProviderResourceTooLarge',
      'UploadAborted',
      'UploadTimeout',
      'TooManyUploads',
      'TooManyRequests',
      'ShuttingDown',
    ],
  },
  {
    method: 'get',
    path: '/push/provider/make',
    tag: 'Pushing to a provider',
    summary: 'The forms that make a bundle',
    answers: {
      '200': pageOr('The forms.', {
        type: 'object',
        properties: { forms: { type: 'array', items: { type: 'string' } } },
      }),
    },
  },
  {
    method: 'get',
    path: '/push/provider/make/{form}',
    tag: 'Pushing to a provider',
    summary: 'One form, for example `blood-pressure`',
    parameters: [{ name: 'form', in: 'path', description: 'Its name' }],
    answers: { '200': { description: 'A page.', content: page } },
    errors: ['NotFound'],
  },
  {
    method: 'post',
    path: '/push/provider/make/{form}',
    tag: 'Pushing to a provider',
    summary: 'Makes a bundle of the values of a form, and tells where each value went',
    parameters: [{ name: 'form', in: 'path', description: 'Its name' }],
    body: {
      'application/x-www-form-urlencoded': ref('MakeRequest'),
      'multipart/form-data': ref('MakeRequest'),
    },
    answers: {
      '200': pageOr('What is still to be put right, and the bundle.', ref('MadeBundle')),
      '422': { description: 'The page again, with what is to be put right.', content: page },
    },
    errors: [
      'NotFound',
      'InvalidRequest',
      'UnsupportedMediaType',
      'UnexpectedField',
      'MalformedMultipart',
      'ProviderResourceTooLarge',
      'UploadAborted',
      'UploadTimeout',
      'TooManyUploads',
      'TooManyRequests',
      'ShuttingDown',
    ],
  },
  {
    method: 'get',
    path: '/push/provider/sources',
    tag: 'Pushing to a provider',
    summary: 'The providers to choose from',
    parameters: [{ name: 'q', in: 'query', description: 'Part of the name' }],
    answers: { '200': { description: 'A page.', content: page } },
    errors: ['ContractMissing', 'DigimeUnreachable', 'DigimeRefused', 'TooManyRequests'],
  },
  {
    method: 'post',
    path: '/push/provider/account',
    tag: 'Pushing to a provider',
    summary: 'Chooses the account that a connection pushes to',
    body: {
      'application/x-www-form-urlencoded': {
        type: 'object',
        properties: { connection: { type: 'string' }, accountId: { type: 'string' } },
      },
    },
    answers: {
      '303': onward('the editor', {
        type: 'object',
        properties: { connection: { type: 'string' }, accountId: { type: 'string' } },
      }),
    },
    errors: ['ConnectionNotFound', 'AccountNotFound', 'InvalidRequest', 'TooManyRequests', 'TokenRefused'],
  },
  {
    method: 'get',
    path: '/pushes',
    tag: 'Pushes',
    summary: "The visitor's history, newest first, 50 at a time",
    parameters: [
      {
        name: 'before',
        in: 'query',
        description: 'Only those created before this Unix time in milliseconds; `next` has it',
        schema: { type: 'integer' },
      },
    ],
    answers: {
      '200': pageOr('The pushes.', {
        type: 'object',
        required: ['pushes'],
        properties: { pushes: { type: 'array', items: ref('Push') }, next: { type: 'string' } },
      }),
    },
  },
  {
    method: 'get',
    path: '/pushes/{id}',
    tag: 'Pushes',
    summary: 'One push',
    description: "Another visitor's push answers exactly like one that does not exist.",
    parameters: [pushId],
    answers: { '200': pageOr('The push.', ref('Push')) },
    errors: ['NotFound'],
  },
  {
    method: 'get',
    path: '/pushes/{id}/events',
    tag: 'Pushes',
    summary: 'Server-sent events, one per change, until the state is final',
    parameters: [
      pushId,
      {
        name: 'progress',
        in: 'query',
        description:
          'With events `progress` in between: `{ sentBytes, totalBytes }` of the attempt under way',
        schema: { type: 'string' },
      },
    ],
    answers: {
      '200': {
        description: 'Events named `state`; each `data` is the push as JSON.',
        content: { 'text/event-stream': { type: 'string' } },
      },
    },
    errors: ['NotFound', 'TooManyRequests'],
  },
  {
    method: 'post',
    path: '/pushes/{id}/retry',
    tag: 'Pushes',
    summary: 'Tries a push again that failed, or one that waits between two attempts',
    parameters: [pushId],
    answers: { '303': onward('the push', ref('Push')) },
    errors: ['NotFound', 'PushNotRetryable'],
  },
  {
    method: 'post',
    path: '/pushes/{id}/cancel',
    tag: 'Pushes',
    summary: 'Gives up a push that is not under way, and deletes its payload',
    parameters: [pushId],
    answers: { '303': onward('the push', ref('Push')) },
    errors: ['NotFound', 'PushNotCancellable'],
  },
];
