import type { IncomingMessage } from 'node:http';
import type { RequestHandler } from 'express';

const localName = /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i;

/**
 * Lets only this machine through, and no web page that a browser on it shows: the peer's own address must be loopback
 * (headers prove nothing), the Host one of this machine's names (DNS rebinding), and a browser's request either of
 * this very origin or a person's navigation, whose answer no script can read.
 */
export const localOnly: RequestHandler = (request, response, next) => {
  const reason = whyNotLocal(request);
  if (!reason) return next();
  response
    .status(403)
    .json({ error: { code: 'Forbidden', message: `the control routes are for this machine: ${reason}` } });
};

function whyNotLocal(request: IncomingMessage): string | undefined {
  const { host = '', origin } = request.headers;
  if (!isLoopback(request.socket.remoteAddress ?? '')) return 'the request comes from another one';
  if (!localName.test(host)) return 'the Host header must be localhost, 127.0.0.1 or [::1]';
  if (origin !== undefined && origin !== `http://${host}`)
    return 'a page of another origin may not call them';
  const site = request.headers['sec-fetch-site'];
  const navigates = request.headers['sec-fetch-mode'] === 'navigate' && request.method === 'GET';
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !navigates) {
    return 'a page of another origin may not call them';
  }
  return undefined;
}

function isLoopback(address: string): boolean {
  return address === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address);
}
