/** Made-up models of the pages that have no router of their own behind them in these tests. */
const at = Date.UTC(2025, 2, 4, 14, 5, 9);

export function connection(changes: object = {}) {
  return {
    id: 'c1',
    type: 'library',
    label: 'My library',
    state: 'active',
    createdAt: at,
    keptUntil: at,
    ...changes,
  };
}

export function push(state: string, changes: object = {}) {
  return {
    id: 'p1',
    type: 'library',
    state,
    fileName: 'receipt.pdf',
    size: 2048,
    sha256: 'ab'.repeat(32),
    descriptor: { mimeType: 'application/pdf', accounts: [{ accountId: 'a' }] },
    createdAt: at,
    updatedAt: at,
    keptUntil: at,
    attempts: [
      { number: 1, startedAt: at, durationMs: 1200, status: 200, code: 'X', message: 'said', reference: 'r' },
    ],
    possiblyDuplicated: false,
    connection: { id: 'c1', label: 'My library' },
    links: { self: '/pushes/p1', events: '/pushes/p1/events' },
    ...changes,
  };
}

const can = { library: true, provider: true, read: true };
const stale = connection({ id: 'c2', state: 'needs-reauthorization', accountName: 'Anna' });
const others = [connection({ id: 'c3', type: 'provider' }), connection({ id: 'c4', type: 'read' })];
const contracts = [
  { role: 'library', name: 'Write', accessType: 'w', expiresAt: at },
  { role: 'read', name: 'Read', accessType: 'r', problem: 'revoked' },
];
const upload = {
  connection: connection(),
  connections: [connection()],
  maxUploadBytes: 1024 ** 2,
  idempotencyKey: 'k',
  defaults: { accountId: 'a', tags: ['receipt'] },
};
const problems = ['fileMeta.accounts[0].accountId', 'fileMeta.tags[1]', 'file', 'fileMeta'].map((path) => ({
  path,
  message: `Wrong at ${path}`,
}));
const error = { code: 'NotFound', status: 404, title: 'T', message: 'M', advice: 'A', requestId: 'r' };
const links = { self: '/pushes/p1', events: '/e', retry: '/r', cancel: '/c', reauthorize: '/authorize' };

/** The view, what is special about the model, the model. */
export const pages: [string, string, object][] = [
  [
    'onboarding/home',
    'nobody connected',
    { connections: [], can, sandbox: { url: 'http://localhost:1/' }, contracts },
  ],
  [
    'onboarding/home',
    'no contract',
    { connections: [], can: { library: false, provider: false, read: false } },
  ],
  ['onboarding/home', 'every kind of connection', { connections: [connection(), stale, ...others], can }],
  ['onboarding/home', 'a connection that has run out', { connections: [stale], can }],
  ['onboarding/home', 'connections for other things', { connections: others, can }],
  ['onboarding/forget', 'nothing waiting', { waiting: [] }],
  ['onboarding/forget', 'pushes waiting', { waiting: [push('queued'), push('pushing')] }],
  ['onboarding/forgotten', 'nothing', {}],
  [
    'onboarding/new-library',
    'two connections',
    { connections: [stale, ...others], action: '/authorize', fields: [{ name: 'type', value: 'provider' }] },
  ],
  ['push/upload', 'one library', upload],
  [
    'push/upload',
    'two libraries and problems',
    { ...upload, connection: stale, connections: [connection(), stale], problems },
  ],
  ['push/list', 'nothing sent', { pushes: [] }],
  [
    'push/list',
    'more than one page',
    { pushes: [push('failed'), push('delivered')], next: '/pushes?before=1' },
  ],
  ...['queued', 'pushing', 'delivered', 'failed', 'needs-reauthorization', 'cancelled'].map(
    (state): [string, string, object] => ['push/show', `a push that is ${state}`, { push: push(state) }],
  ),
  [
    'push/show',
    'a push that is tried again',
    { push: push('queued', { nextAttemptAt: at, links, possiblyDuplicated: true }) },
  ],
  [
    'push/show',
    'a push to a provider',
    { push: push('delivered', { type: 'provider', deliveredAt: at, response: {} }) },
  ],
  ['error', 'a way on', { error: { ...error, action: { href: '/push', label: 'On' } } }],
  [
    'error',
    'problems and a form',
    { error: { ...error, details: problems, action: { href: '/x', label: 'On', post: true } } },
  ],
  [
    'error',
    'a code of the platform',
    { error: { ...error, platformCode: 'InvalidToken', platformReference: 'ref' } },
  ],
];
