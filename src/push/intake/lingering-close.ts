import type { Request, Response } from 'express';

const lingerMs = 5000;

/**
 * A body that is refused half-way is read on and thrown away for a few seconds after the answer, then the connection
 * is dropped: closing it at once would reset it, and the client would see a broken network instead of the reason.
 */
export function lingeringClose(req: Request, res: Response): void {
  if (req.complete) return;
  req.resume();
  res.once('finish', () => {
    const timer = setTimeout(() => req.destroy(), lingerMs);
    timer.unref();
    req.once('close', () => clearTimeout(timer));
  });
}
