import type { Exchange, ExchangeRequest, ExchangeResponse } from '../../src/digime/index.js';

const nasty = `it's "quoted" \\ $HOME \`id\` $(id) !! ü \u2028 {a} [b]`;

type Asked = Partial<ExchangeRequest> & Pick<ExchangeRequest, 'method' | 'path'>;

/** One exchange of a call, as the client would report it. */
export function exchangeOf(
  call: string,
  asked: Asked,
  answer: Partial<ExchangeResponse> | null = {},
  more: Partial<Exchange> = {},
): Exchange {
  const response = {
    status: 200,
    statusText: 'OK',
    headers: { 'content-type': 'application/json' },
    bodyBytes: 2,
  };
  return {
    ...{ call, attempt: 1, startedAt: 1_700_000_000_000, durationMs: 12.345 },
    request: {
      url: `https://api.digi.me/v1.7/${asked.path}`,
      headers: { Accept: 'application/json', Authorization: 'Bearer …' },
      jwtHeader: { alg: 'PS512', typ: 'JWT' },
      claims: { client_id: 'app_contract', nonce: 'n'.repeat(32), timestamp: 1 },
      bodyBytes: 0,
      ...asked,
    },
    ...(answer && { response: { ...response, ...answer } }),
    ...more,
  };
}

const claims = {
  client_id: 'app_con_tract',
  nonce: 'n',
  timestamp: 1,
  redirect_uri: `https://app/return?${nasty}`,
};
const account = { headers: { accountId: nasty, redirectUri: 'https://app/accounts?a=…' } };

/** One exchange of every call that the client makes, with values that would break a careless quoting. */
export const everyExchange: readonly Exchange[] = [
  exchangeOf('getAuthorizeUrl', {
    method: 'POST',
    path: 'oauth/authorize',
    claims: { ...claims, state: '…' },
    body: { agent: {} },
  }),
  exchangeOf('getAuthorizeUrl', {
    ...{ method: 'POST', path: 'oauth/authorize', claims: { ...claims, access_token: '…' } },
    body: {
      agent: {},
      actions: {
        pull: { limits: { duration: { sourceFetch: 10 } }, 'odd key': [nasty, { __proto__: null, a: 1 }] },
      },
    },
  }),
  exchangeOf('getReauthorizeUrl', {
    method: 'POST',
    path: 'oauth/token/reference',
    claims: { ...claims, state: '…' },
  }),
  exchangeOf('getOnboardServiceUrl', { method: 'POST', path: 'oauth/token/reference', claims }),
  exchangeOf('getReauthorizeAccountUrl', {
    method: 'POST',
    path: 'reference',
    body: { type: 'accountId', value: nasty },
  }),
  exchangeOf('getReauthorizeAccountUrl', { method: 'POST', path: 'oauth/token/reference', claims }),
  exchangeOf('exchangeCodeForToken', { method: 'POST', path: 'oauth/token' }),
  exchangeOf('refreshToken', { method: 'POST', path: 'oauth/token' }),
  exchangeOf('pushData', {
    ...{ method: 'POST', path: 'permission-access/import', bodyBytes: 12 },
    fileDescriptor: {
      mimeType: 'text/plain',
      accounts: [{ accountId: nasty }],
      reference: ['r'],
      tags: [nasty, "'"],
    },
  }),
  exchangeOf('pushData', {
    method: 'POST',
    path: 'permission-access/import/h:accountId/fhir/3.0.2',
    bodyBytes: 3,
    ...account,
  }),
  exchangeOf('pushData', {
    method: 'POST',
    path: 'permission-access/import/h:accountId/fhir/stu3',
    bodyBytes: 3,
    ...account,
  }),
  exchangeOf('readAccounts', { method: 'GET', path: 'permission-access/accounts' }),
  exchangeOf('querySources', {
    method: 'POST',
    path: 'discovery/sources',
    body: { query: { search: { name: [nasty] } }, limit: 2 },
  }),
  exchangeOf('getContractDetails', { method: 'GET', path: 'permission-access/contract' }),
  exchangeOf('getRevokeAccountPermissionUrl', {
    method: 'GET',
    path: 'permission-access/revoke/h:accountId',
    ...account,
  }),
  exchangeOf('deleteAccount', {
    method: 'DELETE',
    path: 'permission-access/service/h:accountId',
    ...account,
  }),
  exchangeOf('deleteUser', { method: 'DELETE', path: 'user' }),
  exchangeOf('readSession', { method: 'POST', path: 'permission-access/trigger', body: { agent: {} } }),
  exchangeOf('readSession', {
    ...{ method: 'POST', path: 'permission-access/trigger' },
    body: { agent: {}, scope: { timeRanges: [{ last: '1m' }] }, sourceFetch: false },
  }),
  exchangeOf('readFileList', { method: 'GET', path: 'permission-access/query/…' }),
  exchangeOf('readFile', { method: 'GET', path: 'permission-access/query/…/a%20%27file%27.json' }),
  exchangeOf('openFile', { method: 'GET', path: 'permission-access/query/…/%E0%A4%A' }),
  exchangeOf('readFileMetadata', { method: 'HEAD', path: 'permission-access/query/…/file' }),
];
