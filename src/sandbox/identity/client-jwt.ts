import type { IncomingMessage } from 'node:http';
import jwt from 'jsonwebtoken';
import type { Platform } from '../platform.js';
import { isNestedDeeper } from '../read-json.js';
import { Refusal } from '../refusal.js';
import type { Contract } from './contracts.js';

export type Claims = Record<string, unknown>;

export interface Client {
  contract: Contract;
  claims: Claims;
}

const allowedSkewMs = 5 * 60_000;
const shortestNonce = 16;
const longestNonce = 256;
const maxDepth = 100;

/** A JWT's parts, unverified, or `undefined` for what is none; one that is nested deeper than 100 levels counts as none. */
export function decodeJwt(token: string): jwt.Jwt | undefined {
  const parts = token.split('.').slice(0, 2);
  const texts = parts.map((part) => Buffer.from(part, 'base64url').toString('utf8'));
  if (texts.some((text) => isNestedDeeper(text, maxDepth))) return undefined;
  try {
    return jwt.decode(token, { complete: true }) ?? undefined;
  } catch {
    // A payload that is not JSON throws.
    return undefined;
  }
}

/**
 * Verifies a JWT with one public key, PS512 only.
 * @throws Refusal that names what is wrong with it
 */
export function verifyJwt(token: string, contract: Contract, what: string): Claims {
  const header: (jwt.JwtHeader & { crit?: unknown }) | undefined = decodeJwt(token)?.header;
  if (!header) throw new Refusal('InvalidClient', `${what} is not a JWT`);
  if (header.alg !== 'PS512') {
    throw new Refusal('InvalidClient', `${what} must be signed with PS512, this one says ${header.alg}`);
  }
  if (header.crit !== undefined)
    throw new Refusal('InvalidClient', `${what} has a crit header: none is understood`);
  let payload: unknown;
  try {
    payload = jwt.verify(token, contract.publicKey, { algorithms: ['PS512'] });
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    throw new Refusal(
      'InvalidClient',
      `${what} does not verify with the public key of contract ${contract.id} (${reason}): is it signed with this contract's private key?`,
    );
  }
  if (typeof payload !== 'object' || payload === null) {
    throw new Refusal('InvalidClient', `the payload of ${what} must be a JSON object`);
  }
  return payload as Claims;
}

/**
 * Who sends this request: the contract whose key signed its bearer JWT, and the claims. Checks, in this order, the
 * algorithm, `client_id`, the signature, the timestamp (5 minutes either way) and that the nonce was never used.
 */
export function authenticate(platform: Platform, request: IncomingMessage): Client {
  const bearer = /^Bearer ([\w-]+\.[\w-]+\.[\w-]*)$/.exec(request.headers.authorization ?? '')?.[1];
  if (!bearer) {
    throw new Refusal(
      'InvalidClient',
      'the Authorization header must be "Bearer " and a JWT signed by the contract',
    );
  }
  const contract = claimedContract(platform, decodeJwt(bearer)?.payload);
  const claims = verifyJwt(bearer, contract, 'the JWT of the Authorization header');
  checkTimestamp(claims.timestamp, platform.clock.real());
  useNonce(platform, contract, claims.nonce);
  return { contract, claims };
}

function claimedContract(platform: Platform, payload: unknown): Contract {
  const clientId = (payload as Claims | undefined)?.client_id;
  if (typeof clientId !== 'string') {
    throw new Refusal('InvalidClient', 'the claim client_id must be "{applicationId}_{contractId}"');
  }
  const [applicationId, contractId] = clientId.split('_');
  if (applicationId !== platform.applicationId) {
    throw new Refusal(
      'InvalidClient',
      `no application ${applicationId} here: this sandbox knows ${platform.applicationId}`,
    );
  }
  const contract = platform.contracts.find(({ id }) => id === contractId);
  if (!contract || clientId !== `${applicationId}_${contract.id}`) {
    const known = platform.contracts.map(({ id, role }) => `${id} (${role})`).join(', ');
    throw new Refusal('InvalidClient', `no contract ${contractId} in this application: known are ${known}`);
  }
  return contract;
}

function checkTimestamp(timestamp: unknown, now: number): void {
  if (typeof timestamp !== 'number' || !Number.isInteger(timestamp)) {
    throw new Refusal(
      'InvalidRequest',
      'the claim timestamp must be Unix time in milliseconds, a whole number',
    );
  }
  const skew = timestamp - now;
  if (Math.abs(skew) <= allowedSkewMs) return;
  const hint = Math.abs(timestamp * 1000 - now) <= allowedSkewMs ? ' (it looks like seconds)' : '';
  throw new Refusal(
    'InvalidRequest',
    `the claim timestamp is ${Math.round(Math.abs(skew) / 1000)} s in the ${skew < 0 ? 'past' : 'future'}: at most 300 s are allowed, in milliseconds${hint}`,
  );
}

function useNonce(platform: Platform, contract: Contract, nonce: unknown): void {
  if (typeof nonce !== 'string' || nonce.length < shortestNonce || nonce.length > longestNonce) {
    throw new Refusal(
      'InvalidRequest',
      `the claim nonce must be random text of ${shortestNonce} to ${longestNonce} characters`,
    );
  }
  const key = `${contract.id} ${nonce}`;
  const { nonces } = platform.state;
  if (nonces.get(key) !== undefined) {
    throw new Refusal(
      'InvalidRequest',
      'this nonce was used before: sign every attempt anew with a fresh nonce',
      { status: 406 },
    );
  }
  nonces.put(key, platform.clock.real());
}

/** Forgets nonces whose timestamps would be refused anyway. */
export function forgetOldNonces(platform: Platform): void {
  const horizon = platform.clock.real() - 3 * allowedSkewMs;
  platform.state.nonces.dropWhere((usedAt) => usedAt < horizon);
}
