import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type DigiMe, init, TypeValidationError } from '../../src/digime/index.js';
import { contract, firstToken } from './local-platform.js';

// Nothing listens there: a request would give another error.
const sdk = init({ applicationId: 'app', baseUrl: 'http://127.0.0.1:1/v1.7', retryOptions: { limit: 0 } });

const user = { contractDetails: contract.details, userAccessToken: firstToken() };
const inSession = { sessionKey: 'key', ...contract.details, userAccessToken: firstToken() };
const file = {
  fileData: Buffer.from('x'),
  fileName: 'x.pdf',
  fileDescriptor: { mimeType: 'a/b', accounts: [{ accountId: 'a' }], tags: ['t'], reference: ['r'] },
};

/** Arguments that are right, for every call; what they have is what is broken, one part at a time. */
const rightArguments: Partial<Record<keyof DigiMe, object>> = {
  getAuthorizeUrl: {
    contractDetails: contract.details,
    callback: 'https://a.example/return',
    state: 's',
    serviceId: 1,
    userAccessToken: firstToken(),
    sourceType: 'push',
    sessionOptions: { pull: { a: 1 } },
    locale: 'en',
    sourcesScope: { a: 1 },
    sampleData: { dataSet: 'd' },
  },
  getReauthorizeUrl: { ...user, callback: 'https://a.example/return', state: 's', locale: 'en' },
  getOnboardServiceUrl: { ...user, callback: 'https://a.example/return', serviceId: 1, sourceType: 'pull' },
  getReauthorizeAccountUrl: { ...user, callback: 'https://a.example/return', accountId: 'a', locale: 'en' },
  exchangeCodeForToken: { contractDetails: contract.details, codeVerifier: 'v', authorizationCode: 'c' },
  refreshToken: user,
  readAccounts: { ...user, signal: new AbortController().signal, onExchange: () => undefined },
  querySources: { contractDetails: contract.details, sourcesBodyParams: { limit: 1 } },
  getContractDetails: { contractDetails: contract.details },
  getRevokeAccountPermissionUrl: { ...user, accountId: 'a', redirectUri: 'https://a.example/' },
  deleteAccount: { ...user, accountId: 'a' },
  deleteUser: user,
  readSession: { ...user, sessionOptions: { limits: { a: 1 } } },
  readFileList: inSession,
  readFile: { ...inSession, fileName: 'f' },
  readFileMetadata: { ...inSession, fileName: 'f' },
  openFile: { ...inSession, fileName: 'f' },
};

const wrongValues = [true, false, null, undefined, {}, [], 0, Number.NaN, '', () => undefined, Symbol('s')];
/** Wrong values that the type of an argument allows all the same; `undefined` is allowed where it may be left out. */
const allowed: Record<string, unknown[]> = {
  'getAuthorizeUrl: userAccessToken': [undefined],
  'getReauthorizeUrl: state': [undefined, ''],
  'pushData to a library: type': [undefined],
  'pushData to a provider: standard': [undefined],
  'pushData to a provider: data': [{}],
  // Then it is a push to the library, with other arguments.
  'pushData to a provider: push': [undefined],
  'data.fileDescriptor.tags.0': [''],
  'data.fileDescriptor.reference.0': [''],
  // What the Node SDK takes for nothing.
  'getAuthorizeUrl: state': [''],
  onAccessTokenChange: [undefined, null, wrongValues[9]],
  serviceId: [undefined, 0, Number.NaN],
  'data.fileName': [undefined, ''],
  'sessionOptions.pull': [undefined, {}],
  sourcesScope: [undefined, {}],
  sourcesBodyParams: [undefined, {}],
  'sessionOptions.limits': [undefined, {}],
  sessionOptions: [undefined, {}],
  sourceType: [undefined],
  locale: [undefined, ''],
  sampleData: [undefined],
  signal: [undefined],
  onExchange: [undefined, wrongValues[9]],
  'userAccessToken.accessToken.expiry': [0],
  'userAccessToken.refreshToken.expiry': [0],
  'userAccessToken.user': [undefined, {}],
  'userAccessToken.user.id': [undefined, ''],
  'userAccessToken.consentid': [undefined, ''],
  'data.fileDescriptor.accounts': [[]],
  'data.fileDescriptor.tags': [undefined, []],
  'data.fileDescriptor.reference': [undefined, []],
  'data.fileData': [wrongValues[9]],
};

function pathsOf(value: unknown, prefix: string[] = []): string[][] {
  if (
    typeof value !== 'object' ||
    value === null ||
    ![Object.prototype, Array.prototype].includes(Object.getPrototypeOf(value))
  )
    return [];
  return Object.entries(value).flatMap(([key, part]) => {
    const path = [...prefix, key];
    const open = [
      'sessionOptions.pull',
      'sourcesScope',
      'sourcesBodyParams',
      'sessionOptions.limits',
    ].includes(path.join('.'));
    return [path, ...(open ? [] : pathsOf(part, path))];
  });
}

function replaced(value: unknown, path: string[], wrong: unknown): unknown {
  const [key, ...rest] = path;
  if (key === undefined) return wrong;
  const copy = (Array.isArray(value) ? [...value] : { ...(value as object) }) as Record<string, unknown>;
  copy[key] = replaced(copy[key], rest, wrong);
  return copy;
}

/** Every call with every argument replaced by every wrong value. */
function brokenArguments() {
  const toLibrary = { ...user, type: 'library', data: file, onAccessTokenChange: () => undefined };
  const toProvider = {
    ...user,
    push: 'provider',
    version: 'stu3',
    standard: 'fhir',
    accountId: 'a',
    data: {},
  };
  const calls = [
    ...Object.entries(rightArguments).map(([name, args]) => ({ name, label: name, args })),
    { name: 'pushData', label: 'pushData to a library', args: toLibrary },
    { name: 'pushData', label: 'pushData to a provider', args: toProvider },
  ];
  return calls.flatMap(({ name, label, args }) =>
    pathsOf(args).flatMap((path) => {
      const dotted = path.join('.');
      const fine = [...(allowed[dotted] ?? []), ...(allowed[`${label}: ${dotted}`] ?? [])];
      return wrongValues
        .filter((wrong) => !fine.some((value) => isSame(value, wrong)))
        .map((wrong) => ({
          name: name as keyof DigiMe,
          dotted,
          value: inspect(wrong),
          args: replaced(args, path, wrong),
        }));
    }),
  );
}

function isSame(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || (typeof b === 'object' && JSON.stringify(a) === JSON.stringify(b));
}

test('Every call refuses every wrong value of every argument, names it, and sends nothing.', async () => {
  const cases = brokenArguments();
  expect(cases.length).toBeGreaterThan(1_500);
  const wrong: string[] = [];
  for (const { name, dotted, value, args } of cases) {
    const call = sdk[name] as (args: unknown) => Promise<unknown>;
    const failure = await call(args).catch((error: unknown) => error);
    const named = new RegExp(`^${name}: (${dotted}|${dotted.split('.')[0]}\\b)`);
    const right = failure instanceof TypeValidationError && named.test(failure.message);
    if (!right) wrong.push(`${name} with ${dotted} ${value}: ${failure}`);
  }
  expect(wrong).toEqual([]);
});

test('No value at all passes for a contract or a token.', async () => {
  await fc.assert(
    fc.asyncProperty(fc.anything(), async (value) => {
      await expect(sdk.readAccounts({ ...user, contractDetails: value } as never)).rejects.toBeInstanceOf(
        TypeValidationError,
      );
      await expect(sdk.readAccounts({ ...user, userAccessToken: value } as never)).rejects.toBeInstanceOf(
        TypeValidationError,
      );
    }),
  );
});

test('Every call refuses an argument object of a wrong type.', async () => {
  for (const [name] of Object.entries({ ...rightArguments, pushData: {} })) {
    for (const wrong of wrongValues) {
      const call = sdk[name as keyof DigiMe] as (args: unknown) => Promise<unknown>;
      await expect(call(wrong)).rejects.toBeInstanceOf(TypeValidationError);
    }
  }
});

test.each(wrongValues.filter((value) => value !== undefined))(
  'init and readAllFiles throw at once: %p',
  (wrong) => {
    expect(() => init(wrong as never)).toThrow(TypeValidationError);
    expect(() => init({ applicationId: wrong as never })).toThrow(/applicationId/);
    expect(() => init({ applicationId: 'a', baseUrl: wrong as never })).toThrow(/baseUrl/);
    if (typeof wrong !== 'function') {
      expect(() =>
        sdk.readAllFiles({ ...inSession, onFileData: wrong as never, onFileError: () => undefined }),
      ).toThrow(/onFileData/);
    }
  },
);

test('What the documents leave out may be left out, and lists may be empty, but shapes that contradict themselves are refused.', async () => {
  const refused = (args: object) =>
    expect(sdk.pushData(args as never)).rejects.toBeInstanceOf(TypeValidationError);
  await refused({ ...user, type: 'library', push: 'provider', data: file });
  await refused({ ...user, data: { ...file, fileSize: 2 } });
  await refused({ ...user, data: { ...file, fileData: Readable.from([]).destroy() } });
  await refused({ ...user, push: 'provider', version: 'r4', accountId: 'a', data: {} });
  await refused({ ...user, push: 'provider', version: 'stu3', accountId: 'a\r\nx: y', data: {} });
  await refused({ ...user, push: 'provider', version: 'stu3', accountId: 'a', data: { big: 1n } });
  const cyclic: Record<string, unknown> = {};
  cyclic.self = cyclic;
  await refused({ ...user, push: 'provider', version: 'stu3', accountId: 'a', data: cyclic });
  for (const name of ['..', '.', '\ud800']) {
    await expect(sdk.readFile({ ...inSession, fileName: name })).rejects.toThrow(/fileName/);
  }
  for (const baseUrl of [
    'ftp://a.example/',
    'http://user:pw@a.example/',
    'http://a.example/?q=1',
    'a.example',
  ]) {
    expect(() => init({ applicationId: 'a', baseUrl })).toThrow(/baseUrl/);
  }
});
