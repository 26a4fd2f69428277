import type { Parameter, Route } from './operation.js';

const id: Parameter = { name: 'id', in: 'path', description: 'Of the upload' };
const version: Parameter = {
  name: 'Tus-Resumable',
  in: 'header',
  description: '`1.0.0`',
  required: true,
};
const tag = 'Resumable uploads';
const broken = '409 and other answers in plain text mean that the protocol itself was broken.';

const facts = { 'Tus-Version': '1.0.0', 'Tus-Extension': 'What is supported', 'Tus-Max-Size': 'Bytes' };

/** Uploads that can be continued: tus 1.0 with creation, creation-with-upload, termination and expiration. */
export const uploadRoutes: readonly Route[] = [
  {
    method: 'options',
    path: '/uploads',
    tag,
    summary: 'What is supported',
    answers: { '204': { description: 'Nothing but headers.', headers: facts } },
  },
  {
    method: 'options',
    path: '/uploads/{id}',
    tag,
    summary: 'The same',
    parameters: [id],
    answers: { '204': { description: 'Nothing but headers.', headers: facts } },
  },
  {
    method: 'post',
    path: '/uploads',
    tag,
    summary: 'Begins an upload',
    description:
      'What is wrong with the description is refused here, before a byte has travelled. At most 20 may be open per visitor.',
    parameters: [
      version,
      { name: 'Upload-Length', in: 'header', description: 'Bytes of the whole file', required: true },
      {
        name: 'Upload-Metadata',
        in: 'header',
        description:
          'Pairs of a name and its value in base64: `filename`, `fileMeta` (the descriptor as JSON), and, if wanted, `connection`, `idempotencyKey`',
        required: true,
      },
      { name: 'Idempotency-Key', in: 'header', description: 'As with `POST /push/library`' },
    ],
    answers: {
      '201': {
        description: 'Begun.',
        headers: { Location: 'The upload', 'Upload-Expires': 'Until then it can be continued' },
      },
    },
    errors: [
      'ConnectionNotFound',
      'ConnectionNeedsReauthorization',
      'InvalidRequest',
      'FileEmpty',
      'FileTooLarge',
      'FileMetaInvalid',
      'DescriptorTooLarge',
      'QuotaExceeded',
      'StorageFull',
      'TooManyUploads',
      'TooManyRequests',
      'ShuttingDown',
    ],
  },
  {
    method: 'head',
    path: '/uploads/{id}',
    tag,
    summary: 'How much has arrived',
    parameters: [id, version],
    answers: {
      '200': {
        description: 'Nothing but headers.',
        headers: {
          'Upload-Offset': 'Bytes that are there',
          'Upload-Length': 'Bytes of the whole',
          'Push-Location': 'The push, once it is complete',
        },
      },
    },
    errors: ['NotFound', 'ConnectionNotFound'],
  },
  {
    method: 'patch',
    path: '/uploads/{id}',
    tag,
    summary: 'Sends bytes from where the last ones ended',
    description: broken,
    parameters: [
      id,
      version,
      { name: 'Upload-Offset', in: 'header', description: 'Where these bytes begin', required: true },
    ],
    body: { 'application/offset+octet-stream': { type: 'string', format: 'binary' } },
    answers: {
      '204': {
        description: 'Taken in.',
        headers: {
          'Upload-Offset': 'Bytes that are there now',
          'Push-Location': 'The push, once the upload is complete',
        },
      },
    },
    errors: [
      'NotFound',
      'ConnectionNotFound',
      'MimeTypeMismatch',
      'UploadAborted',
      'UploadTimeout',
      'TooManyUploads',
      'ShuttingDown',
    ],
  },
  {
    method: 'delete',
    path: '/uploads/{id}',
    tag,
    summary: 'Gives an upload up; a push that was made of it stays',
    parameters: [id, version],
    answers: { '204': { description: 'Gone.' } },
    errors: ['NotFound', 'ConnectionNotFound'],
  },
];
