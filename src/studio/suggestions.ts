import type { ExchangeRequest } from '../digime/index.js';
import { printed } from './edit-request.js';

/** One thing to break: the key of its words below `studio:try`, and what it writes into which fields of the form. */
export interface Suggestion {
  readonly name: string;
  readonly fields: Readonly<Record<string, string>>;
}

const tenMinutesMs = 600_000;

/**
 * Ways to have this request refused that teach something about it.
 * @param usedNonce one that an earlier request of this visitor carried
 */
export function suggestionsFor(request: ExchangeRequest, usedNonce: string | undefined): Suggestion[] {
  const { claims = {}, headers, path, fileDescriptor } = request;
  const found: Suggestion[] = [];
  const suggest = (name: string, field: string, value: string) =>
    found.push({ name, fields: { [field]: value } });
  if ('code_verifier' in claims)
    suggest('verifier', 'claim.code_verifier', 'somebody-else-s-verifier-0123456789-abcdefghi');
  if ('redirect_uri' in claims) suggest('redirect', 'claim.redirect_uri', 'https://elsewhere.example/return');
  if ('code_challenge_method' in claims) suggest('plain', 'claim.code_challenge_method', 'plain');
  if (fileDescriptor !== undefined) {
    const { mimeType: _mimeType, ...others } = fileDescriptor as { mimeType?: unknown };
    suggest('mimeType', 'descriptor', JSON.stringify(others, null, 2));
  }
  if (/\/(stu3|3\.0\.2)$/.test(path)) suggest('version', 'path', path.replace(/[^/]+$/, 'r4'));
  if (headers.accountId !== undefined) suggest('account', 'header.accountId', '40_nobody');
  if ('access_token' in claims) suggest('token', 'claim.access_token', 'not-a-token');
  if (claims.timestamp !== undefined)
    suggest('timestamp', 'claim.timestamp', printed(Number(claims.timestamp) - tenMinutesMs));
  if (usedNonce !== undefined && claims.nonce !== undefined) suggest('nonce', 'claim.nonce', usedNonce);
  if (claims.client_id !== undefined) suggest('client', 'claim.client_id', 'somebody_else');
  if (request.claims !== undefined) suggest('unsigned', 'signed', 'no');
  return found;
}
