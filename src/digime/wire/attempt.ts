import type { ContractDetails } from '../arguments/contract-details.js';
import type { CallOptions, Client } from '../client.js';
import { loadContractKey } from '../crypto/contract-key.js';
import { type Claims, newNonce, signToken } from '../crypto/jwt.js';
import type { Incoming } from './http.js';
import type { RequestPatch } from './intercept.js';
import type { RequestIdentity } from './interpret-refusal.js';
import { secretsOf } from './mask.js';
import type { ExpectedAnswer } from './read-answer.js';
import type { RepeatPolicy } from './repeat-policy.js';
import type { OutgoingBody } from './upload-body.js';

/** One call of the wire protocol. */
export interface PlatformCall {
  /** The documented call on whose behalf it is made. */
  call: string;
  method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  path: string;
  /** The path as it may be shown, where `path` holds a secret. */
  shownPath?: string;
  headers?: Record<string, string>;
  /** A JSON body of ours, which may be shown. */
  json?: unknown;
  /** A body that is the user's: opened afresh for every attempt, never shown. */
  content?: { contentType: string; open(): OutgoingBody | Promise<OutgoingBody> };
  /** Sent, signed, as the header `FileDescriptor`. */
  fileDescriptor?: unknown;
  /** The answer may hold medical data and is not shown. */
  hideAnswer?: boolean;
  expected: ExpectedAnswer;
  repeat: RepeatPolicy;
}

/** On whose behalf a call is made. */
export interface CallContext {
  /** Who signs. Only the public key set is asked for without a signature. */
  contract?: ContractDetails;
  /** Claims beyond `client_id`, `nonce` and `timestamp`. */
  claims?: Claims;
  /** Requests made before for the same call. */
  earlierAttempts?: number;
  options: CallOptions;
}

/** An accepted answer. `incoming` only for streams: then its body has not been read. */
export interface PlatformAnswer {
  status: number;
  headers: Readonly<Record<string, string | undefined>>;
  body: unknown;
  incoming?: Incoming;
  identity: RequestIdentity;
}

/** Everything known about one attempt, for the report. */
export interface Attempt {
  number: number;
  startedAt: number;
  durationMs: number;
  claims: Claims;
  headers: Record<string, string>;
  sentBytes: number;
  answer?: {
    status: number;
    statusText: string;
    headers: Readonly<Record<string, string | undefined>>;
    body: unknown;
    bytes: number;
  };
  error?: unknown;
}

/** A new attempt with the claims that it will sign: a nonce is never sent twice (`protocol.md`, Every signed request). */
export function newAttempt(
  client: Client,
  context: CallContext,
  number: number,
  patch?: RequestPatch,
): Attempt {
  const { contract } = context;
  const claims: Claims = contract
    ? {
        client_id: `${client.applicationId}_${contract.contractId}`,
        nonce: newNonce(),
        timestamp: Math.floor(client.now()),
        ...context.claims,
        ...patch?.claims,
      }
    : {};
  for (const [name, value] of Object.entries(patch?.claims ?? {})) if (value === null) delete claims[name];
  return { number, startedAt: client.now(), durationMs: 0, claims, headers: {}, sentBytes: 0 };
}

/** Signs an attempt and completes its headers. @returns the body to send */
export async function signAttempt(
  client: Client,
  call: PlatformCall,
  { contract }: CallContext,
  attempt: Attempt,
  patch?: RequestPatch,
): Promise<OutgoingBody | undefined> {
  const key = contract && loadContractKey(contract.privateKey);
  const [token, descriptorToken] = await Promise.all([
    key && signToken(key, attempt.claims),
    key && call.fileDescriptor !== undefined
      ? client.descriptorTokens.tokenOf(key, call.fileDescriptor)
      : undefined,
  ]);
  const json = patch?.body ?? (call.json === undefined ? undefined : Buffer.from(JSON.stringify(call.json)));
  const body = json ? { content: json, sizeBytes: json.length } : await call.content?.open();
  attempt.headers = headersOf(call, token, descriptorToken, body);
  for (const [name, value] of Object.entries(patch?.headers ?? {})) {
    const known = Object.keys(attempt.headers).find((other) => other.toLowerCase() === name.toLowerCase());
    if (known !== undefined) delete attempt.headers[known];
    if (value !== null) attempt.headers[known ?? name] = value;
  }
  return body;
}

/** The call with a patch applied; what belongs to the signature is patched when it is signed. */
export function patchCall(call: PlatformCall, patch: RequestPatch | undefined): PlatformCall {
  if (patch === undefined) return call;
  const { path, fileDescriptor, body } = patch;
  return {
    ...call,
    ...(path !== undefined && { shownPath: path, path: withSecrets(call, path) }),
    ...(fileDescriptor !== undefined && { fileDescriptor }),
    ...(body !== undefined && call.json !== undefined && { json: shownJson(body) }),
  };
}

/** Puts what `shownPath` masks back where a patch left it masked. */
function withSecrets({ path, shownPath = path }: PlatformCall, patched: string): string {
  const [whole, shown] = [path.split('/'), shownPath.split('/')];
  return patched
    .split('/')
    .map((part, index) => (part.includes('…') && part === shown[index] ? whole[index] : part))
    .join('/');
}

function shownJson(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return '… (no JSON)';
  }
}

/** The headers of a call; those of a signature where there is one. */
export function headersOf(
  call: PlatformCall,
  token: string | undefined,
  descriptorToken: string | undefined,
  body: OutgoingBody | undefined,
): Record<string, string> {
  const headers: Record<string, string> = {
    Accept:
      call.expected === 'stream' || call.expected === 'head'
        ? 'application/octet-stream'
        : 'application/json',
    // Nothing that we ask for is worth compressing on the way; a file is compressed inside its encryption.
    'Accept-Encoding': 'identity',
    'User-Agent': 'digime-push-onboarding',
    ...call.headers,
  };
  if (token !== undefined) headers.Authorization = `Bearer ${token}`;
  if (descriptorToken !== undefined) headers.FileDescriptor = descriptorToken;
  if (body) headers['Content-Type'] = call.content?.contentType ?? 'application/json';
  const sizeBytes = Buffer.isBuffer(body?.content) ? body.content.length : body?.sizeBytes;
  if (sizeBytes !== undefined) headers['Content-Length'] = String(sizeBytes);
  else if (!body && call.method === 'POST') headers['Content-Length'] = '0';
  return headers;
}

/** How errors name a request, and what must not appear in them. */
export function identify(call: PlatformCall, claims: Claims): RequestIdentity {
  return {
    method: call.method,
    shownPath: call.shownPath ?? call.path,
    get secrets() {
      const shown = call.shownPath?.split('/');
      return [
        ...secretsOf(claims),
        ...(shown ? call.path.split('/').filter((part) => !shown.includes(part)) : []),
      ];
    },
  };
}
