import { json, onward, type Parameter, page, pageOr, type Route, ref } from './operation.js';

const form = (properties: Record<string, unknown>, required: readonly string[] = []) => ({
  'application/x-www-form-urlencoded': { type: 'object', properties, required },
  ...json({ type: 'object', properties, required }),
});
const text = { type: 'string' };
const accountId: Parameter = { name: 'id', in: 'path', description: 'Of the account' };
const anyObject = { type: 'object' };
const fromDigime = [
  'CallWithheld',
  'DigimeUnreachable',
  'DigimeRefused',
  'TokenRefused',
  'ConnectionNeedsReauthorization',
] as const;

const accountAction = (name: string, summary: string): Route[] => [
  {
    method: 'get',
    path: `/accounts/{id}/${name}`,
    tag: 'Accounts',
    summary: `Asks before: ${summary.charAt(0).toLowerCase()}${summary.slice(1)}`,
    parameters: [accountId],
    answers: { '200': pageOr('The account.', { type: 'object', properties: { account: ref('Account') } }) },
    errors: ['AccountNotFound', ...fromDigime],
  },
  {
    method: 'post',
    path: `/accounts/{id}/${name}`,
    tag: 'Accounts',
    summary,
    parameters: [accountId],
    answers: { '303': onward('digi.me, or back to the accounts', anyObject) },
    errors: ['AccountNotFound', 'TooManyRequests', ...fromDigime],
  },
];

const returns = (path: string, summary: string): Route => ({
  method: 'get',
  path,
  tag: 'Accounts',
  summary,
  description: 'Register `{BASE_URL}` followed by this path with digi.me.',
  answers: { '303': onward('the accounts', anyObject) },
  errors: ['InvalidCallback', 'StateUnknown'],
});

/** What concerns a visitor and digi.me: connecting, accounts, reading back, leaving. */
export const visitorRoutes: readonly Route[] = [
  {
    method: 'get',
    path: '/',
    tag: 'Connecting',
    summary: "What this is, this visitor's connections, and the configured contracts",
    answers: { '200': pageOr('The first page.', ref('Home')) },
  },
  {
    method: 'post',
    path: '/authorize',
    tag: 'Connecting',
    summary: 'Starts an authorization',
    description:
      'PKCE with a fresh `state`; both are kept for ten minutes, at most five at a time per session.',
    body: {
      'application/x-www-form-urlencoded': ref('AuthorizationRequest'),
      ...json(ref('AuthorizationRequest')),
    },
    answers: { '303': onward("digi.me's consent page", ref('AuthorizationUrl')) },
    errors: [
      'InvalidRequest',
      'ConnectionNotFound',
      'ContractMissing',
      'NewLibraryNeeded',
      'SessionLost',
      'TooManyRequests',
      ...fromDigime,
    ],
  },
  {
    method: 'get',
    path: '/return',
    tag: 'Connecting',
    summary: 'The callback: where digi.me sends the person back to',
    parameters: [
      { name: 'state', in: 'query', description: 'As it was sent' },
      { name: 'success', in: 'query', description: '`true` or `false`' },
      { name: 'code', in: 'query', description: 'The authorization code' },
      { name: 'accountReference', in: 'query', description: 'The account that was added' },
      { name: 'errorCode', in: 'query', description: 'Where `success` is `false`' },
    ],
    answers: {
      '303': onward('what the connection is for', {
        type: 'object',
        properties: { connection: { type: 'object' }, location: text },
      }),
    },
    errors: [
      'InvalidCallback',
      'StateUnknown',
      'StateUsed',
      'StateExpired',
      'ConsentCancelled',
      'ConsentFailed',
      'SessionLost',
      'TooManyRequests',
      'DigimeUnreachable',
      'DigimeRefused',
      'TokenRefused',
    ],
  },
  {
    method: 'get',
    path: '/accounts',
    tag: 'Accounts',
    summary: 'The accounts behind the connections',
    answers: {
      '200': pageOr('The accounts, also by library.', {
        type: 'object',
        required: ['accounts', 'libraries'],
        properties: { accounts: { type: 'array', items: ref('Account') }, libraries: { type: 'array' } },
      }),
    },
  },
  ...accountAction('revoke', 'Withdraws the permission of an account'),
  ...accountAction('reauthorize', 'Asks the person to allow an account again'),
  ...accountAction('delete', 'Deletes an account at digi.me'),
  returns('/accounts/revoked', 'The way back after a withdrawal'),
  returns('/accounts/reauthorized', 'The way back after an account was allowed again'),
  {
    method: 'get',
    path: '/library',
    tag: 'Reading back',
    summary: 'What is in the library',
    parameters: [{ name: 'connection', in: 'query', description: 'Which of several connections' }],
    answers: {
      '200': pageOr('The files, or that reading was not allowed yet (`state`).', {
        type: 'object',
        required: ['files'],
        properties: { files: { type: 'array', items: ref('LibraryFile') } },
      }),
    },
    errors: ['ReadContractMissing', 'ConnectionNotFound', 'InvalidRequest', ...fromDigime],
  },
  {
    method: 'post',
    path: '/library/authorize',
    tag: 'Reading back',
    summary: 'Starts the authorization for reading',
    body: form({ connection: text }),
    answers: { '303': onward("digi.me's consent page", ref('AuthorizationUrl')) },
    errors: ['ReadContractMissing', 'ConnectionNotFound', 'TooManyRequests', ...fromDigime],
  },
  {
    method: 'get',
    path: '/library/{name}',
    tag: 'Reading back',
    summary: 'Downloads one file',
    parameters: [
      { name: 'name', in: 'path', description: "digi.me's name of the file" },
      { name: 'connection', in: 'query', description: 'Which of several connections' },
      { name: 'preview', in: 'query', description: 'Shows what is safe to show instead' },
    ],
    answers: {
      '200': {
        description: 'The decrypted content, as an attachment.',
        content: { 'application/octet-stream': { type: 'string', format: 'binary' } },
      },
    },
    errors: ['ReadContractMissing', 'NotFound', 'ConnectionNotFound', 'FileDecryptionError', ...fromDigime],
  },
  {
    method: 'post',
    path: '/disconnect',
    tag: 'Leaving',
    summary: 'Drops a connection, its tokens, and the pushes that wait for it',
    body: form({ connection: text, confirm: text }, ['connection']),
    answers: {
      '200': {
        description: 'A page that asks first: pushes are waiting and `confirm` was not sent.',
        content: page,
      },
      '303': onward('the first page', anyObject),
    },
    errors: ['ConnectionNotFound', 'InvalidRequest'],
  },
  {
    method: 'get',
    path: '/forget',
    tag: 'Leaving',
    summary: 'Asks before everything about this visitor is dropped',
    answers: {
      '200': pageOr('What still waits to be sent.', {
        type: 'object',
        required: ['waiting'],
        properties: { waiting: { type: 'array' } },
      }),
    },
  },
  {
    method: 'post',
    path: '/forget',
    tag: 'Leaving',
    summary: 'Drops everything about this visitor',
    body: form({
      deleteAtDigime: { type: 'string', description: '`true`: the library at digi.me is deleted too' },
    }),
    answers: {
      '200': pageOr('Forgotten.', {
        type: 'object',
        required: ['forgotten'],
        properties: { forgotten: { const: true } },
      }),
    },
    errors: ['InvalidRequest', ...fromDigime],
  },
  {
    method: 'post',
    path: '/view',
    tag: 'Pages',
    summary: "Switches between a person's and a developer's view",
    body: form(
      { view: { enum: ['person', 'developer'] }, page: { ...text, description: 'Where to go back to' } },
      ['view'],
    ),
    answers: { '303': { description: 'Back to the page.', headers: { Location: 'The page' } } },
    errors: ['InvalidRequest'],
  },
];
