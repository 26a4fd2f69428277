import express, { type Request, type RequestHandler } from 'express';

/** Reads the small bodies of forms and scripts: `application/x-www-form-urlencoded` or JSON, flat, at most 16 kB. */
export const smallBody: RequestHandler[] = [
  express.urlencoded({ extended: false, limit: '16kb', parameterLimit: 50 }),
  express.json({ limit: '16kb' }),
];

/** The fields of a parsed body; every one must be a single string or number. */
export function fieldsOf(req: Request): Record<string, unknown> {
  return typeof req.body === 'object' && req.body !== null && !Array.isArray(req.body) ? req.body : {};
}
