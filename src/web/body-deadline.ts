import type { Request, RequestHandler, Response } from 'express';
import { AppError } from '../errors.js';
import { errorHandler } from './error-handler.js';

const timers = new WeakMap<Request, NodeJS.Timeout>();

/**
 * Gives every body `withinMs` to arrive: after that the request is answered with 408, unless it was answered already,
 * and its connection is closed. Node's own `requestTimeout` would hold for uploads too.
 */
export function bodyDeadline(withinMs: number): RequestHandler {
  return (req, res, next) => {
    const hasBody =
      req.headers['content-length'] !== undefined || req.headers['transfer-encoding'] !== undefined;
    if (hasBody && !req.complete) {
      const timer = setTimeout(() => endLate(req, res), withinMs);
      timers.set(req, timer);
      req.once('close', () => clearTimeout(timer));
    }
    next();
  };
}

function endLate(req: Request, res: Response): void {
  if (req.complete) return;
  const close = () => void req.destroy();
  if (res.writableFinished || res.headersSent) {
    close();
    return;
  }
  res.once('finish', close);
  res.set('Connection', 'close');
  errorHandler(new AppError('UploadTimeout'), req, res, close);
}

/** Takes the deadline off a request whose body is watched in another way: an admitted upload may take its time. */
export function liftBodyDeadline(req: Request): void {
  clearTimeout(timers.get(req));
}
