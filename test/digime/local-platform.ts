import { createHash, generateKeyPairSync, type KeyObject, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import jsonwebtoken from 'jsonwebtoken';

/** A request as the server saw it; `claims` are those of a signature that it has verified. */
export interface SeenRequest {
  method: string;
  path: string;
  headers: Record<string, string>;
  claims: Record<string, unknown>;
  body: Buffer;
  sha256: string;
  aborted: boolean;
}

/** An answer of the server: given by hand, or by default what the protocol says. */
export type Script = (request: IncomingMessage, response: ServerResponse, platform: LocalPlatform) => unknown;

export const applicationId = 'app';
export const contract = makeContract();
export const otherContract = makeContract();

/** A fresh contract: its id, its private key as PEM, and the public half for the server. */
export function makeContract() {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  return { details: { contractId: `contract-${randomUUID()}`, privateKey: pem }, publicKey };
}

const platformKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });

/**
 * A strict server of the wire protocol, small: it verifies every signature, refuses a nonce that comes twice, and can be told
 * to misbehave on a route. It shares no code with the client.
 */
export class LocalPlatform {
  readonly seen: SeenRequest[] = [];
  /** What the next requests to `METHOD path` get instead; the last script stays. */
  readonly scripts = new Map<string, Script[]>();
  validAccessTokens = new Set(['access-1-0123456789abcdefghijklmnop']);
  validRefreshTokens = new Set(['refresh-1-0123456789abcdefghijklmnop']);
  issued = 1;
  connections = 0;
  signingKey: KeyObject = platformKeys.privateKey;
  publishedPem = platformKeys.publicKey.export({ type: 'spki', format: 'pem' }).toString();
  kid = 'kid-1';
  /** Overrides parts of the payload and header of the tokens that it signs. */
  tokenPayload: Record<string, unknown> = {};
  tokenHeader: Record<string, unknown> = {};
  readonly #contracts = [contract, otherContract];
  readonly #nonces = new Set<unknown>();
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => this.#serve(request, response));
    this.#server.on('connection', () => {
      this.connections += 1;
    });
  }

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get baseUrl(): string {
    return `http://127.0.0.1:${this.port}/v1.7/`;
  }

  /** Plays these answers for the next requests to a route, then the usual ones again. */
  script(route: string, ...scripts: Script[]): void {
    this.scripts.set(route, scripts);
  }

  requests(route: string): SeenRequest[] {
    return this.seen.filter(({ method, path }) => `${method} ${path}` === route);
  }

  signed(payload: Record<string, unknown>): string {
    return jsonwebtoken.sign({ ...payload, ...this.tokenPayload }, this.signingKey, {
      algorithm: 'PS512',
      noTimestamp: true,
      header: {
        alg: 'PS512',
        typ: 'JWT',
        kid: this.kid,
        jku: `${this.baseUrl}jwks/oauth`,
        ...this.tokenHeader,
      },
    });
  }

  /** A fresh pair of tokens; those before stop being valid, as with a platform that rotates. */
  issueTokens(): Record<string, unknown> {
    this.issued += 1;
    const access = `access-${this.issued}-0123456789abcdefghijklmnop`;
    const refresh = `refresh-${this.issued}-0123456789abcdefghijklmnop`;
    this.validAccessTokens = new Set([access]);
    this.validRefreshTokens = new Set([refresh]);
    return {
      access_token: { value: access, expires_on: 4_000_000_000 },
      refresh_token: { value: refresh, expires_on: 4_100_000_000 },
      sub: 'user-1',
      consentid: 'consent-1',
      token_type: 'Bearer',
    };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').replace('/v1.7/', '');
    const entry: SeenRequest = {
      method: request.method ?? '',
      path,
      headers: request.headers as Record<string, string>,
      claims: {},
      body: Buffer.alloc(0),
      sha256: '',
      aborted: false,
    };
    this.seen.push(entry);
    const refusal = path === 'jwks/oauth' ? undefined : this.#check(entry);
    const script = this.scripts.get(`${request.method} ${path}`)?.shift();
    if (script) {
      await script(request, response, this);
      return;
    }
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk);
    } catch {
      entry.aborted = true;
      return;
    }
    entry.body = Buffer.concat(chunks);
    entry.sha256 = createHash('sha256').update(entry.body).digest('hex');
    if (refusal) refuse(response, 401, refusal);
    else this.#answer(entry, response);
  }

  #check(entry: SeenRequest): string | undefined {
    const token = /^Bearer (\S+)$/.exec(entry.headers.authorization ?? '')?.[1] ?? '';
    const clientId = (jsonwebtoken.decode(token) as Record<string, unknown> | null)?.client_id;
    const signer = this.#contracts.find(
      ({ details }) => `${applicationId}_${details.contractId}` === clientId,
    );
    if (!signer) return 'InvalidClient';
    try {
      entry.claims = jsonwebtoken.verify(token, signer.publicKey, { algorithms: ['PS512'] }) as Record<
        string,
        unknown
      >;
    } catch {
      return 'InvalidSignature';
    }
    const { nonce, timestamp, iat, access_token } = entry.claims;
    if (this.#nonces.has(nonce) || !/^[A-Za-z0-9]{32}$/.test(String(nonce))) return 'InvalidNonce';
    this.#nonces.add(nonce);
    if (iat !== undefined || Math.abs(Number(timestamp) - Date.now()) > 300_000) return 'InvalidTimestamp';
    if (access_token !== undefined && !this.validAccessTokens.has(String(access_token)))
      return 'InvalidToken';
    const descriptor = entry.headers.filedescriptor;
    if (descriptor !== undefined) {
      try {
        jsonwebtoken.verify(descriptor, signer.publicKey, { algorithms: ['PS512'] });
      } catch {
        return 'InvalidSignature';
      }
    }
    return undefined;
  }

  #answer({ method, path, claims }: SeenRequest, response: ServerResponse): void {
    const session = { key: 'session-key-0123456789abcdef', expiry: 4_000_000_000_000 };
    const answers: Record<string, () => void> = {
      'GET jwks/oauth': () => sendJson(response, 200, { keys: [{ kid: this.kid, pem: this.publishedPem }] }),
      'POST oauth/authorize': () =>
        sendJson(response, 200, {
          token: this.signed({ preauthorization_code: 'preauth-0123456789abcdefghijkl' }),
          session,
        }),
      'POST oauth/token/reference': () =>
        sendJson(response, 200, {
          token: this.signed({ reference_code: 'reference-0123456789abcdefghijkl' }),
          session,
        }),
      'POST oauth/token': () => {
        const refused =
          claims.grant_type === 'refresh_token' && !this.validRefreshTokens.has(String(claims.refresh_token));
        if (refused) refuse(response, 401, 'InvalidToken');
        else sendJson(response, 200, { token: this.signed(this.issueTokens()) });
      },
      'POST permission-access/import': () => sendJson(response, 201, { status: 'delivered' }),
      'POST permission-access/import/h:accountId/fhir/stu3': () =>
        sendJson(response, 200, { resourceType: 'Bundle', type: 'batch-response', entry: [] }),
      'GET permission-access/accounts': () =>
        sendJson(response, 200, [
          { id: '40_1', reference: 'ref-1', type: 'PUSH', serviceGroupName: 'Health' },
        ]),
    };
    (answers[`${method} ${path}`] ?? (() => refuse(response, 404, 'NotFound')))();
  }
}

/** Answers JSON. */
export function sendJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** Answers an error of digi.me. */
export function refuse(response: ServerResponse, status: number, code: string): void {
  sendJson(response, status, { error: { code, message: `refused: ${code}`, reference: 'ref-42' } });
}

/** The token that a fresh `LocalPlatform` accepts. */
export function firstToken() {
  return {
    accessToken: { value: 'access-1-0123456789abcdefghijklmnop', expiry: 4_000_000_000 },
    refreshToken: { value: 'refresh-1-0123456789abcdefghijklmnop', expiry: 4_100_000_000 },
    user: { id: 'user-1' },
    consentid: 'consent-1',
  };
}

/** The same with an access token that no longer works. */
export function expiredToken() {
  return { ...firstToken(), accessToken: { value: 'access-0-0123456789abcdefghijklmnop', expiry: 1 } };
}
