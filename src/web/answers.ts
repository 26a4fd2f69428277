import type { Request, Response } from 'express';

/** Whether the client asked for JSON. Without a preference a page is given. */
export function wantsJson(req: Request): boolean {
  return req.accepts(['html', 'json']) === 'json';
}

/**
 * Sends the browser on with `303 See Other`; a script that asked for JSON finds `body` in the same answer.
 */
export function seeOther(req: Request, res: Response, location: string, body: object): void {
  res.status(303).location(location);
  if (wantsJson(req)) res.json(body);
  else res.type('text/plain').send('See Other');
}

/** A field of a query or form that must be one string: repeated or nested ones count as wrong, absent or empty as absent. */
export function oneString(value: unknown): string | undefined | null {
  if (value === undefined || value === '') return undefined;
  return typeof value === 'string' ? value : null;
}
