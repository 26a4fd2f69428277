import type { IncomingMessage } from 'node:http';
import type jwt from 'jsonwebtoken';
import { decodeJwt } from '../identity/client-jwt.js';

/** One request as `GET /sandbox/requests` shows it. `status` stays null while unanswered and when the connection was dropped. */
export interface RecordedRequest {
  id: number;
  /** Milliseconds. */
  timestamp: number;
  route: string;
  method: string;
  path: string;
  status: number | null;
  durationMs: number | null;
  /** As received, but `authorization` holds the decoded header of its JWT. */
  headers: Record<string, unknown>;
  claims: Record<string, unknown> | null;
  /** The decoded `FileDescriptor` header, where one came. */
  fileDescriptor?: unknown;
  /** `sha256` is null until the body has arrived whole. */
  body: { size: number; sha256: string | null };
  error?: unknown;
  fault?: Record<string, unknown>;
}

const keptRequests = 1000;

/** The newest thousand requests to the API, oldest first. */
export class RequestLog {
  #requests: RecordedRequest[] = [];
  #lastId = 0;

  record(request: IncomingMessage, route: string, path: string, timestamp: number): RecordedRequest {
    const bearer = decode(request.headers.authorization?.replace(/^Bearer /, ''));
    const descriptor = decode(request.headers.filedescriptor);
    this.#lastId += 1;
    const recorded: RecordedRequest = {
      id: this.#lastId,
      timestamp,
      route,
      method: request.method ?? '',
      path,
      status: null,
      durationMs: null,
      headers: { ...request.headers, ...(bearer && { authorization: bearer.header }) },
      claims: bearer ? (bearer.payload as Record<string, unknown>) : null,
      ...(descriptor && { fileDescriptor: (descriptor.payload as { metadata?: unknown }).metadata }),
      body: { size: 0, sha256: null },
    };
    this.#requests.push(recorded);
    if (this.#requests.length > keptRequests) this.#requests.shift();
    return recorded;
  }

  list(): RecordedRequest[] {
    return structuredClone(this.#requests);
  }

  clear(): void {
    this.#requests = [];
  }
}

function decode(token: unknown): jwt.Jwt | undefined {
  const decoded = typeof token === 'string' ? decodeJwt(token) : undefined;
  return typeof decoded?.payload === 'object' && decoded.payload !== null ? decoded : undefined;
}
