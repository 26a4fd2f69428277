import type { Response } from 'express';

/**
 * Leaves our own scripts out of the page that is rendered next: on a page whose policy runs nothing they would only be
 * refused, with a complaint in the browser's console. What came from a file is escaped, so this can't match in it.
 */
export function withoutScripts(res: Response): void {
  const send = res.send.bind(res);
  res.send = (body?: unknown) =>
    send(
      typeof body === 'string'
        ? body.replace(/<script type="module" src="[^"<>]*"><\/script>\n?/g, '')
        : body,
    );
}
