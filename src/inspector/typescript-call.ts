import type { Exchange } from '../digime/index.js';
import { topicOf } from './explanation.js';
import { printLiteral } from './print-literal.js';

/** An expression that stands in a snippet as it is: a placeholder for what is secret, or code. */
class Code {
  constructor(readonly text: string) {}
}

type Part = unknown | Code;
type Parts = Record<string, Part>;

/** What the snippets take for granted, with its types: `sdk` is what `init` gives. */
export const snippetPlaceholders = {
  sdk: 'DigiMe',
  privateKey: 'string',
  state: 'string',
  codeVerifier: 'string',
  authorizationCode: 'string',
  userAccessToken: 'UserAccessToken',
  sessionKey: 'string',
  accountId: 'string',
  resource: 'Record<string, unknown>',
  saveToken: '(userAccessToken: UserAccessToken) => Promise<void>',
} as const;

const code = (text: string) => new Code(text);
const forUser: Parts = { userAccessToken: code('userAccessToken') };
const keepsToken: Parts = { ...forUser, onAccessTokenChange: code('saveToken') };

/**
 * The TypeScript that made an exchange: a statement that is valid against the client's own types, with what is secret
 * left as the names of `snippetPlaceholders`. `undefined` for what the client does by itself, such as fetching keys.
 */
export function typescriptCall(exchange: Exchange): string | undefined {
  const { request } = exchange;
  const contractDetails = {
    contractId: contractIdOf(exchange),
    privateKey: code('privateKey'),
  };
  const callback = stringOr(request.claims?.redirect_uri, 'https://app.example/return');
  const pull = memberOf(memberOf(request.body, 'actions'), 'pull');
  const sessionOptions = isObject(pull) ? { sessionOptions: { pull } } : {};
  const state = request.claims?.state === undefined ? {} : { state: code('state') };
  const accountId = request.headers.accountId ?? code('accountId');
  const inSession = { sessionKey: code('sessionKey'), ...contractDetails, ...keepsToken };
  const fileName = decodeURIComponentSafely(request.path.split('/').pop() ?? '');

  switch (topicOf(exchange)) {
    case 'getAuthorizeUrl': {
      const linked = request.claims?.access_token === undefined ? {} : forUser;
      const args = { contractDetails, callback, state: code('state'), ...sessionOptions, ...linked };
      return statement('{ url, codeVerifier, session }', 'getAuthorizeUrl', args);
    }
    case 'getReauthorizeUrl':
      return statement('{ url, codeVerifier }', 'getReauthorizeUrl', {
        ...{ contractDetails, callback, ...keepsToken, ...state, ...sessionOptions },
      });
    case 'getOnboardServiceUrl':
      return statement('{ url, session }', 'getOnboardServiceUrl', {
        ...{ contractDetails, callback, ...keepsToken, ...state, ...sessionOptions },
      });
    case 'getReauthorizeAccountUrl':
    case 'accountReference': {
      const value = memberOf(request.body, 'value');
      const account = typeof value === 'string' ? value : code('accountId');
      const args = { contractDetails, callback, ...keepsToken, accountId: account };
      return statement('{ url, session }', 'getReauthorizeAccountUrl', args);
    }
    case 'exchangeCodeForToken':
      return statement('freshToken', 'exchangeCodeForToken', {
        ...{
          contractDetails,
          codeVerifier: code('codeVerifier'),
          authorizationCode: code('authorizationCode'),
        },
      });
    case 'refreshToken':
      return statement('freshToken', 'refreshToken', { contractDetails, ...forUser });
    case 'pushToLibrary':
      return statement(undefined, 'pushData', {
        ...{ type: 'library', contractDetails, ...keepsToken },
        data: {
          fileData: code("() => createReadStream('file.bin')"),
          fileName: 'file.bin',
          fileDescriptor: request.fileDescriptor ?? { mimeType: 'application/octet-stream', accounts: [] },
        },
      });
    case 'pushToProvider':
      return statement(undefined, 'pushData', {
        ...{ type: 'provider', contractDetails, ...keepsToken, accountId },
        standard: 'fhir',
        version: request.path.endsWith('/3.0.2') ? '3.0.2' : 'stu3',
        data: code('resource'),
      });
    case 'readAccounts':
      return statement('{ accounts }', 'readAccounts', { contractDetails, ...keepsToken });
    case 'querySources': {
      const sourcesBodyParams = isObject(request.body) ? { sourcesBodyParams: request.body } : {};
      return statement('{ data, total }', 'querySources', { contractDetails, ...sourcesBodyParams });
    }
    case 'getContractDetails':
      return statement('contract', 'getContractDetails', { contractDetails });
    case 'getRevokeAccountPermissionUrl': {
      const redirectUri = (request.headers.redirectUri ?? 'https://app.example/accounts').split('?')[0];
      const args = { contractDetails, ...keepsToken, accountId, redirectUri };
      return statement('{ location }', 'getRevokeAccountPermissionUrl', args);
    }
    case 'deleteAccount':
      return statement(undefined, 'deleteAccount', { contractDetails, ...keepsToken, accountId });
    case 'deleteUser':
      return statement(undefined, 'deleteUser', { contractDetails, ...keepsToken });
    case 'readSession': {
      const { limits, scope, sourceFetch } = isObject(request.body) ? request.body : {};
      const asked = { limits, scope, sourceFetch };
      const wanted = Object.values(asked).some((value) => value !== undefined)
        ? { sessionOptions: asked }
        : {};
      return statement('{ session }', 'readSession', { contractDetails, ...keepsToken, ...wanted });
    }
    case 'readFileList':
      return statement('{ status, fileList }', 'readFileList', inSession);
    case 'readFile':
      return statement('{ fileData, fileMetadata }', 'readFile', { ...inSession, fileName });
    case 'readFileMetadata':
      return statement('{ fileMetadata }', 'readFileMetadata', { ...inSession, fileName });
    default:
      return undefined;
  }
}

function statement(result: string | undefined, call: string, args: Parts): string {
  return `${result === undefined ? '' : `const ${result} = `}await sdk.${call}(${print(args, 0)});`;
}

function print(value: Part, depth: number): string {
  if (value instanceof Code) return value.text;
  if (!isObject(value) || !hasCode(value)) return printLiteral(value, depth);
  const inner = '  '.repeat(depth + 1);
  const members = Object.entries(value).map(([name, part]) =>
    part instanceof Code && part.text === name
      ? `${inner}${name},\n`
      : `${inner}${name}: ${print(part, depth + 1)},\n`,
  );
  return `{\n${members.join('')}${'  '.repeat(depth)}}`;
}

/** Objects with code in them have names of ours, which need no quotes. */
function hasCode(value: object): boolean {
  return Object.values(value).some((part) => part instanceof Code || (isObject(part) && hasCode(part)));
}

function contractIdOf({ request }: Exchange): string {
  const clientId = stringOr(request.claims?.client_id, '');
  return clientId.slice(clientId.indexOf('_') + 1) || '…';
}

function decodeURIComponentSafely(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const memberOf = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);
const stringOr = (value: unknown, other: string): string => (typeof value === 'string' ? value : other);
