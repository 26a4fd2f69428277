import type { Exchange } from '../digime/index.js';
import { anchorOf } from './protocol-page.js';
import type { Step } from './step.js';

/** Where a rule comes from: a section of `docs/protocol.md`, which the app shows, or of an RFC. */
export interface Source {
  readonly label: string;
  readonly href: string;
}

/** What a step is about: the key of its words in `inspector.json`, and where the rules behind it are written. */
export interface Explanation {
  readonly topic: string;
  readonly sources: readonly Source[];
  /** What followed from the way it went, where that was not the usual one. */
  readonly outcome?: 'accessExpired' | 'refreshRefused' | 'tryLater' | 'noAnswer' | 'refused';
}

const protocol = (section: string): Source => ({
  label: `protocol.md, “${section}”`,
  href: `/inspector/protocol#${anchorOf(section)}`,
});
const rfc = (number: number, section: string): Source => ({
  label: `RFC ${number} §${section}`,
  href: `https://www.rfc-editor.org/rfc/rfc${number}#section-${section}`,
});

const signed = protocol('Every signed request');
const userUrls = protocol('URLs that the user is sent to');
const callback = protocol('The callback');
const authorizing = protocol('Authorizing');
const renewing = protocol('Renewing and adding');
const accounts = protocol('Accounts');
const reading = protocol('Reading back');

/** By topic. A test holds every section to one of `docs/protocol.md`. */
export const sourcesOf: Readonly<Record<string, readonly Source[]>> = {
  getAuthorizeUrl: [authorizing, userUrls, rfc(7636, '4.3')],
  getReauthorizeUrl: [authorizing, userUrls, rfc(7636, '4.3')],
  getOnboardServiceUrl: [renewing, userUrls],
  getReauthorizeAccountUrl: [renewing, userUrls],
  accountReference: [renewing],
  exchangeCodeForToken: [protocol('Exchanging the code'), rfc(7636, '4.5'), rfc(9700, '2.1.1')],
  refreshToken: [protocol('Refreshing'), rfc(6749, '6'), rfc(9700, '4.14.2')],
  pushToLibrary: [protocol('Pushing a file to the library'), signed],
  pushToProvider: [protocol('Pushing a record to a provider'), callback],
  readAccounts: [accounts, callback],
  querySources: [protocol('Contracts and sources')],
  getContractDetails: [protocol('Contracts and sources')],
  getRevokeAccountPermissionUrl: [accounts],
  deleteAccount: [accounts],
  deleteUser: [accounts],
  readSession: [reading],
  readFileList: [reading],
  readFile: [reading],
  readFileMetadata: [reading],
  jwks: [protocol('Tokens that the platform returns'), rfc(8725, '3.1')],
  unknown: [signed],
  'authorization-requested': [authorizing, rfc(9700, '4.7')],
  'authorization-started': [userUrls, rfc(9700, '4.7')],
  'callback-received': [callback, rfc(6749, '4.1.2')],
  connected: [callback],
  'upload-received': [protocol('Pushing a file to the library')],
  'push-state': [protocol('Errors')],
};

/** The topic of an exchange: the documented call, told apart where one call makes requests of several kinds. */
export function topicOf({ call, request }: Pick<Exchange, 'call' | 'request'>): string {
  if (call === 'pushData') return request.path.includes('/h:accountId/') ? 'pushToProvider' : 'pushToLibrary';
  if (call === 'getReauthorizeAccountUrl' && request.path === 'reference') return 'accountReference';
  if (call === 'openFile' || call === 'readAllFiles') return 'readFile';
  return Object.hasOwn(sourcesOf, call) ? call : 'unknown';
}

/** Explains a step: `topic` and `outcome` are keys below `inspector:topic` and `inspector:outcome`. */
export function explain(step: Step): Explanation {
  if (step.kind === 'browser') return { topic: step.name, sources: sourcesOf[step.name] ?? [signed] };
  const topic = topicOf(step.exchange);
  const outcome = outcomeOf(step.exchange);
  const sources = sourcesOf[topic] ?? [signed];
  return outcome === undefined
    ? { topic, sources }
    : { topic, outcome, sources: [...sources, protocol('Errors')] };
}

function outcomeOf({ call, response, error }: Exchange): Explanation['outcome'] {
  if (error === undefined) return undefined;
  if (error.code === 'InvalidToken') return call === 'refreshToken' ? 'refreshRefused' : 'accessExpired';
  if (response === undefined) return 'noAnswer';
  return response.status >= 500 || response.status === 429 || response.status === 408
    ? 'tryLater'
    : 'refused';
}
