import type { Transform } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Request, Response } from 'express';
import { codeForStatus, Refusal } from '../refusal.js';
import type { Fault } from './faults.js';
import type { RecordedRequest } from './request-log.js';

const dripMs = 500;

/**
 * Does what the fault says. Resolves to true where the request goes on to be worked off as usual (only delayed, or
 * with its answer spoilt), to false where it is finished with.
 */
export async function applyFault(
  fault: Fault,
  request: Request,
  response: Response,
  body: Transform,
  recorded: RecordedRequest,
): Promise<boolean> {
  if (fault.behaviour === 'reset') {
    await resetAfter(fault, request, body, recorded);
    return false;
  }
  if (fault.behaviour === 'hang') {
    body.resume();
    return false;
  }
  if (fault.delayMs && fault.behaviour !== 'drip') await sleep(fault.delayMs, undefined, { ref: false });
  if (response.closed) return false;

  const canned = fault.status !== undefined || fault.body !== undefined || fault.behaviour === 'drip';
  if (!canned) {
    if (fault.behaviour === 'lose-response') dropInsteadOfAnswering(request, response);
    if (fault.behaviour === 'truncate') cutTheAnswer(request, response);
    setHeaders(response, fault.headers ?? {});
    return true;
  }
  await drain(body);
  if (response.closed) return false;
  const { text, type, headers } = cannedBody(fault, recorded);
  response.status(fault.status ?? 200);
  setHeaders(response, { ...(type && { 'content-type': type }), ...headers, ...fault.headers });
  if (fault.behaviour === 'drip') await drip(response, text, fault.delayMs ?? dripMs);
  else {
    if (fault.behaviour === 'lose-response') dropInsteadOfAnswering(request, response);
    if (fault.behaviour === 'truncate') cutTheAnswer(request, response);
    response.end(text);
  }
  return false;
}

/** Sets them as they are given: Express's own `set` adds a charset. */
function setHeaders(response: Response, headers: Record<string, string>): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

/** Reads what is left of the body, so that the request log has all of it. */
async function drain(body: Transform): Promise<void> {
  if (body.readableEnded || body.destroyed) return;
  await new Promise<void>((done) => body.once('end', done).once('close', done).resume());
}

interface Canned {
  text: string;
  type?: string;
  headers?: Record<string, string>;
}

function cannedBody(fault: Fault, recorded: RecordedRequest): Canned {
  if (typeof fault.body === 'string') {
    return {
      text: fault.body,
      type: fault.body.startsWith('<') ? 'text/html; charset=utf-8' : 'application/json',
    };
  }
  if (fault.body !== undefined) return { text: JSON.stringify(fault.body), type: 'application/json' };
  const status = fault.status ?? 200;
  if (status < 400) return { text: status === 200 && fault.behaviour ? '{"status":"delivered"}' : '' };
  const refusal = new Refusal(codeForStatus(status), 'a fault that was set on the sandbox');
  recorded.error = refusal.body().error;
  return { text: JSON.stringify(refusal.body()), type: 'application/json', headers: refusal.headers() };
}

async function resetAfter(
  fault: Fault,
  request: Request,
  body: Transform,
  recorded: RecordedRequest,
): Promise<void> {
  if (fault.delayMs) await sleep(fault.delayMs, undefined, { ref: false });
  if (fault.afterBytes) {
    const enough = fault.afterBytes;
    await new Promise<void>((done) => {
      body.on('data', () => recorded.body.size >= enough && done());
      body.once('end', done).once('close', done);
    });
  }
  request.socket.resetAndDestroy();
}

function dropInsteadOfAnswering(request: Request, response: Response): void {
  const drop = () => {
    request.socket.destroy();
    return response;
  };
  Object.assign(response, { end: drop, write: drop, flushHeaders: drop });
}

/** Promises the whole answer by its Content-Length, sends half of its first piece and drops the connection. */
function cutTheAnswer(request: Request, response: Response): void {
  const write = response.write.bind(response);
  const cut = (piece?: unknown) => {
    const bytes = Buffer.isBuffer(piece) ? piece : Buffer.from(typeof piece === 'string' ? piece : '{}');
    const half = bytes.subarray(0, Math.max(1, Math.floor(bytes.length / 2)));
    if (!response.headersSent && !response.hasHeader('content-length')) {
      response.removeHeader('transfer-encoding');
      response.setHeader('content-length', Math.max(bytes.length, 2));
    }
    Object.assign(response, { end: () => response, write: () => true });
    write(half, () => request.socket.destroySoon());
    return response;
  };
  Object.assign(response, { end: cut, write: cut });
}

/** A byte now and then: the given text to its end, or blanks (which JSON allows) until the client has had enough. */
async function drip(response: Response, text: string, everyMs: number): Promise<void> {
  const endless = text === '';
  response.flushHeaders();
  for (let at = 0; !response.closed && (endless || at < text.length); at += 1) {
    response.write(endless ? ' ' : text.charAt(at));
    await sleep(everyMs, undefined, { ref: false });
  }
  response.end();
}
