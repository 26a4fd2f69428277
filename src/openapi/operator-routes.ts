import { answered, json, onward, type Parameter, page, pageOr, type Route } from './operation.js';

const text = { type: 'string' };
const readiness = {
  type: 'object',
  required: ['status', 'checks'],
  properties: {
    status: { enum: ['ready', 'not ready', 'shutting down'] },
    checks: {
      type: 'object',
      additionalProperties: { type: 'string', description: '`ok`, or an error code' },
    },
  },
};
const step: Parameter = { name: 'number', in: 'path', description: 'Of the step' };
const inspectorExport = { description: 'As a file.', content: json({ type: 'object' }) };

/** What developers and operators look at: the inspector, the sandbox's switches, health, metrics, this description. */
export const operatorRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/inspector',
    tag: 'Inspector',
    summary: 'Every call to digi.me for this visitor, secrets masked',
    parameters: [
      { name: 'view', in: 'query', description: '`sequence` or `timeline`' },
      { name: 'before', in: 'query', description: 'Older than this step' },
      { name: 'open', in: 'query', description: 'The step to show with everything in it' },
      { name: 'diff', in: 'query', description: 'Two steps to compare, as `3,7`' },
    ],
    answers: {
      '200': pageOr('The calls.', {
        type: 'object',
        required: ['steps'],
        properties: { language: text, steps: { type: 'array' }, links: { type: 'object' } },
      }),
    },
  },
  {
    method: 'get',
    path: '/inspector/steps',
    tag: 'Inspector',
    summary: "The page's rows after a step",
    parameters: [
      { name: 'after', in: 'query', description: 'A number of a step', schema: { type: 'integer' } },
    ],
    answers: { '200': { description: 'A part of the page.', content: page } },
  },
  {
    method: 'get',
    path: '/inspector/steps/{number}',
    tag: 'Inspector',
    summary: "The page's row of a step, with everything in it",
    parameters: [step],
    answers: { '200': { description: 'A part of the page.', content: page } },
    errors: ['NotFound'],
  },
  {
    method: 'get',
    path: '/inspector/events',
    tag: 'Inspector',
    summary: 'Server-sent events, one per call',
    answers: {
      '200': { description: 'The calls as they happen.', content: { 'text/event-stream': text } },
      '204': { description: 'There is no session, so there is nothing to wait for.' },
    },
    errors: ['TooManyRequests'],
  },
  {
    method: 'get',
    path: '/inspector/export.json',
    tag: 'Inspector',
    summary: 'The calls as JSON',
    answers: { '200': inspectorExport },
  },
  {
    method: 'get',
    path: '/inspector/export.har',
    tag: 'Inspector',
    summary: 'The calls as HTTP Archive 1.2',
    answers: { '200': inspectorExport },
  },
  {
    method: 'get',
    path: '/inspector/share.html',
    tag: 'Inspector',
    summary: 'The calls as one page that can be passed on',
    answers: { '200': { description: 'As a file.', content: page } },
  },
  {
    method: 'get',
    path: '/inspector/project.zip',
    tag: 'Inspector',
    summary: 'The calls as a small TypeScript project that runs by itself',
    answers: { '200': { description: 'As a file.', content: { 'application/zip': {} } } },
  },
  {
    method: 'get',
    path: '/inspector/protocol',
    tag: 'Inspector',
    summary: 'The rules of the protocol that the steps cite',
    answers: { '200': { description: 'A page.', content: page } },
  },
  {
    method: 'post',
    path: '/inspector/steps/{number}/replay',
    tag: 'Inspector',
    summary: 'Makes a call again as it was described, signed anew',
    parameters: [step],
    answers: { '303': onward('the new step', { type: 'object', properties: { step: { type: 'integer' } } }) },
    errors: ['NotFound'],
  },
  {
    method: 'post',
    path: '/inspector/steps/{number}/curl',
    tag: 'Inspector',
    summary: 'A call as a curl command with a signature that works for a short time',
    parameters: [step],
    answers: {
      '200': {
        description: 'The command.',
        content: {
          ...json({ type: 'object', properties: { curl: text, expiresAt: { type: 'integer' } } }),
          'text/plain': text,
        },
      },
    },
    errors: ['NotFound'],
  },
  {
    method: 'post',
    path: '/inspector/clear',
    tag: 'Inspector',
    summary: 'Empties it',
    answers: { '303': onward('the inspector', { type: 'object' }) },
  },
  {
    method: 'get',
    path: '/what-if',
    tag: 'Inspector',
    summary: 'What can be made to fail (sandbox mode)',
    answers: { '200': pageOr('The state of the switches.', { type: 'object' }) },
    errors: ['NotFound'],
  },
  {
    method: 'post',
    path: '/what-if',
    tag: 'Inspector',
    summary: 'Lets the sandbox fail (sandbox mode)',
    body: {
      'application/x-www-form-urlencoded': {
        type: 'object',
        required: ['switch'],
        properties: { switch: text, target: { enum: ['library', 'provider'], default: 'library' } },
      },
    },
    answers: { '303': onward('the switches', { type: 'object' }) },
    errors: ['InvalidRequest', 'NotFound'],
  },
  {
    method: 'get',
    path: '/healthz',
    tag: 'Running it',
    summary: 'The process answers',
    answers: { '200': answered('Alive.', { type: 'object', properties: { status: { const: 'ok' } } }) },
  },
  {
    method: 'get',
    path: '/readyz',
    tag: 'Running it',
    summary: 'It can take uploads; if not, what is in the way',
    answers: {
      '200': answered('Ready.', readiness),
      '503': answered('Not ready, or shutting down.', readiness),
    },
    errors: ['AddressNotAllowed'],
  },
  {
    method: 'get',
    path: '/readyz/instance',
    tag: 'Running it',
    summary:
      'The same without what all instances share (PostgreSQL, a bucket): whether another one would do better',
    answers: {
      '200': answered('Requests may come here.', readiness),
      '503': answered('Shutting down, or its own disk is in the way.', readiness),
    },
    errors: ['AddressNotAllowed'],
  },
  {
    method: 'get',
    path: '/metrics',
    tag: 'Running it',
    summary: 'Prometheus text',
    answers: { '200': { description: 'The metrics.', content: { 'text/plain': text } } },
    errors: ['AddressNotAllowed'],
  },
  {
    method: 'get',
    path: '/openapi.json',
    tag: 'Running it',
    summary: 'This description',
    answers: { '200': answered('OpenAPI 3.1.', { type: 'object' }) },
  },
  {
    method: 'get',
    path: '/docs',
    tag: 'Running it',
    summary: 'This description as a page',
    answers: { '200': { description: 'A page.', content: page } },
  },
  {
    method: 'get',
    path: '/docs/{file}',
    tag: 'Running it',
    summary: 'The script and the style of that page',
    parameters: [{ name: 'file', in: 'path', description: 'Its name' }],
    answers: { '200': { description: 'The file.', content: { 'text/javascript': text, 'text/css': text } } },
    errors: ['NotFound'],
  },
  {
    method: 'get',
    path: '/assets/{name}',
    tag: 'Pages',
    summary: 'Scripts, styles and pictures under addresses that change with their content',
    parameters: [{ name: 'name', in: 'path', description: 'Its name with a hash' }],
    answers: {
      '200': { description: 'The file.' },
      '404': { description: 'There is no such file.', content: { 'text/plain': text } },
    },
  },
  {
    method: 'get',
    path: '/favicon.ico',
    tag: 'Pages',
    summary: 'The icon',
    answers: { '200': { description: 'The icon.' } },
  },
];
