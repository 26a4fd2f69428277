import type { IncomingMessage } from 'node:http';
import type jwt from 'jsonwebtoken';
import { decodeJwt } from '../identity/client-jwt.js';
import type { RecordedRequest, RequestLog } from './request-log.js';

/** Writes down a request that has just arrived. */
export function recordRequest(
  log: RequestLog,
  request: IncomingMessage,
  { route, path, timestamp }: Pick<RecordedRequest, 'route' | 'path' | 'timestamp'>,
): RecordedRequest {
  const bearer = decode(request.headers.authorization?.replace(/^Bearer /, ''));
  const descriptor = decode(request.headers.filedescriptor);
  return log.add({
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
  });
}

function decode(token: unknown): jwt.Jwt | undefined {
  const decoded = typeof token === 'string' ? decodeJwt(token) : undefined;
  return typeof decoded?.payload === 'object' && decoded.payload !== null ? decoded : undefined;
}
