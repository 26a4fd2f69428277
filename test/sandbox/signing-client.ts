import { createHash, randomBytes } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { Sandbox } from '../../src/sandbox/index.js';

export type Role = 'write' | 'provider' | 'read' | 'refused';
export type Json = Record<string, unknown>;

/** The members that answers of the sandbox have, each in some of them. */
export interface AnswerBody {
  token: string;
  session: { key: string; expiry: number };
  error: { code: string; message: string; reference: string };
  status: { state: string } & string;
  fileList: { name: string; updatedDate: number }[];
  resourceType: string;
  type: string;
  issue: { severity: string; diagnostics: string; expression: string[] }[];
  entry: { response: { location: string; outcome: AnswerBody } }[];
  location: string;
  id: string;
  data: { id: number; name: string }[];
  total: number;
}

export interface Answer {
  status: number;
  headers: Headers;
  json: AnswerBody;
  /** The answer's JSON where it is a list. */
  list: Json[];
  text: string;
  bytes: Buffer;
}

export interface TokenPayload {
  preauthorization_code: string;
  reference_code: string;
  access_token: { value: string; expires_on: number };
  refresh_token: { value: string; expires_on: number };
  sub: string;
  consentid: string;
  token_type: string;
}

export interface SendOptions {
  claims?: Json;
  body?: Json | Buffer | string | ReadableStream;
  headers?: Record<string, string>;
  /** Replaces the whole Authorization header. */
  authorization?: string;
}

export const agentBody = { agent: { sdk: { name: 'test', version: '16.1.0', meta: { node: '20' } } } };
export const callbackUri = 'http://localhost:4711/return';

export function nonce(): string {
  return randomBytes(16).toString('hex');
}

/** A client that signs as digi.me's own does, and as wrongly as a test wants it to. */
export class SigningClient {
  readonly sandbox: Sandbox;
  readonly role: Role;

  constructor(sandbox: Sandbox, role: Role) {
    this.sandbox = sandbox;
    this.role = role;
  }

  get contract() {
    const found = this.sandbox.credentials().contracts.find(({ role }) => role === this.role);
    if (!found) throw new Error('no such contract');
    return found;
  }

  sign(claims: Json, options: jwt.SignOptions = {}, key: string = this.contract.privateKey): string {
    return jwt.sign(claims, key, { algorithm: 'PS512', noTimestamp: true, ...options });
  }

  commonClaims(): Json {
    const { applicationId } = this.sandbox.credentials();
    return { client_id: `${applicationId}_${this.contract.id}`, nonce: nonce(), timestamp: Date.now() };
  }

  async send(method: string, path: string, options: SendOptions = {}): Promise<Answer> {
    const { claims = {}, body, headers = {} } = options;
    const isStream = body instanceof ReadableStream;
    const isJson = body !== undefined && !isStream && !Buffer.isBuffer(body) && typeof body !== 'string';
    const response = await fetch(new URL(path, this.sandbox.baseUrl), {
      method,
      redirect: 'manual',
      headers: {
        authorization: options.authorization ?? `Bearer ${this.sign({ ...this.commonClaims(), ...claims })}`,
        ...(isJson && { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(isStream && { duplex: 'half' as const }),
      ...(body !== undefined && { body: isJson ? JSON.stringify(body) : (body as string) }),
    });
    return readAnswer(response);
  }

  async authorize(
    claims: Json = {},
    body: Json = agentBody,
  ): Promise<{ answer: Answer; verifier: string; code: string }> {
    const verifier = randomBytes(32).toString('base64url');
    const answer = await this.send('POST', 'oauth/authorize', {
      claims: {
        code_challenge: createHash('sha256').update(verifier).digest('base64url'),
        code_challenge_method: 'S256',
        redirect_uri: callbackUri,
        response_mode: 'query',
        response_type: 'code',
        state: 'state-1',
        ...claims,
      },
      body,
    });
    return { answer, verifier, code: answer.json?.token ? payload(answer).preauthorization_code : '' };
  }

  /** Answers a consent page; gives back the callback it leads to. */
  async decide(
    code: string,
    fields: Json = {},
    page = 'authorize',
  ): Promise<{ answer: Answer; callback: URL | null }> {
    const response = await fetch(new URL(page, this.sandbox.onboardUrl), {
      method: 'POST',
      redirect: 'manual',
      body: new URLSearchParams({ code, decision: 'allow', ...(fields as Record<string, string>) }),
    });
    const location = response.headers.get('location');
    return { answer: await readAnswer(response), callback: location ? new URL(location) : null };
  }

  exchange(code: string, verifier: string, claims: Json = {}): Promise<Answer> {
    return this.send('POST', 'oauth/token', {
      claims: { grant_type: 'authorization_code', code, code_verifier: verifier, ...claims },
    });
  }

  /** Goes all the way: authorize, allow, exchange. */
  async connect(fields: Json = {}, claims: Json = {}): Promise<Connection> {
    const { code, verifier } = await this.authorize(claims);
    const { callback } = await this.decide(code, fields);
    const exchanged = await this.exchange(callback?.searchParams.get('code') ?? '', verifier);
    const { access_token, refresh_token, sub } = payload(exchanged);
    return {
      accessToken: access_token.value,
      refreshToken: refresh_token.value,
      userId: sub,
      accountReference: callback?.searchParams.get('accountReference') ?? '',
    };
  }

  push(
    accessToken: string,
    bytes: Buffer | string,
    descriptor: Json = fileDescriptor,
    headers = {},
  ): Promise<Answer> {
    return this.send('POST', 'permission-access/import', {
      claims: { access_token: accessToken },
      body: Buffer.from(bytes as string),
      headers: {
        'content-type': 'application/octet-stream',
        filedescriptor: this.sign({ metadata: descriptor }),
        ...headers,
      },
    });
  }
}

export interface Connection {
  accessToken: string;
  refreshToken: string;
  userId: string;
  accountReference: string;
}

export const fileDescriptor = {
  mimeType: 'application/pdf',
  accounts: [{ accountId: 'patient-1' }],
  tags: ['scan'],
};

/** The payload of the platform token in an answer, unverified. */
export function payload(answer: Answer): TokenPayload {
  return jwt.decode(answer.json.token) as unknown as TokenPayload;
}

async function readAnswer(response: Response): Promise<Answer> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = bytes.toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    json = undefined;
  }
  const { status, headers } = response;
  return { status, headers, json: json as AnswerBody, list: Array.isArray(json) ? json : [], text, bytes };
}
