import type { CallOptions, ContractDetails } from '../arguments/call-options.js';
import type { Client } from '../client.js';
import { loadContractKey } from '../crypto/contract-key.js';
import { type Claims, newNonce, signToken } from '../crypto/jwt.js';
import type { ExpectedAnswer, ReadBody } from './answer.js';
import type { Attempt, ShownCall } from './exchange.js';
import type { Incoming } from './http.js';
import type { OutgoingBody, RequestPatch } from './intercept.js';
import { secretsOf } from './mask.js';
import type { RequestIdentity } from './refusal.js';
import type { RepeatPolicy } from './repeat-policy.js';

/** One call of the wire protocol. */
export interface PlatformCall extends ShownCall {
  headers?: Record<string, string>;
  /** A body that is the user's: opened afresh for every attempt, never shown. */
  content?: { contentType: string; open(): OutgoingBody | Promise<OutgoingBody> };
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
  /** Why there is no body although one came; only for the receipt of a push. */
  unreadable?: ReadBody['unreadable'];
  incoming?: Incoming;
  identity: RequestIdentity;
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
  if (patch?.claims)
    for (const [name, value] of Object.entries(patch.claims)) if (value === null) delete claims[name];
  client.secrets.add(...secretsOf(claims));
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
  if (key) client.secrets.addKey(key.pem);
  const signing = key && signToken(key, attempt.claims);
  // Begun before the other is awaited: both are signed at the same time.
  const descriptorSigning =
    key && call.fileDescriptor !== undefined
      ? client.descriptorTokens.tokenOf(key, call.fileDescriptor)
      : undefined;
  const token = signing && (await signing);
  const descriptorToken = descriptorSigning && (await descriptorSigning);
  const json = patch?.body ?? (call.json === undefined ? undefined : Buffer.from(JSON.stringify(call.json)));
  const opened = json ? { content: json, sizeBytes: json.length } : call.content?.open();
  const body = opened instanceof Promise ? await opened : opened;
  attempt.headers = headersOf(call, token, descriptorToken, body);
  if (patch?.headers) patchHeaders(attempt.headers, patch.headers);
  return body;
}

function patchHeaders(
  headers: Record<string, string>,
  changes: Readonly<Record<string, string | null>>,
): void {
  for (const [name, value] of Object.entries(changes)) {
    const known = Object.keys(headers).find((other) => other.toLowerCase() === name.toLowerCase());
    if (known !== undefined) delete headers[known];
    if (value !== null) headers[known ?? name] = value;
  }
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
export function identify(client: Client, call: PlatformCall): RequestIdentity {
  const { path, shownPath = path } = call;
  if (shownPath !== path) {
    const shown = shownPath.split('/');
    client.secrets.add(...path.split('/').filter((part) => !shown.includes(part)));
  }
  return { call: call.call, method: call.method, shownPath, secrets: client.secrets };
}
