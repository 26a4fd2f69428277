import { fileURLToPath } from 'node:url';
import ejs from 'ejs';
import type { Response } from 'express';

// src/sandbox/pages and dist/sandbox/pages lie equally deep below the views.
const viewFolder = fileURLToPath(new URL('../../../views/sandbox/', import.meta.url));
const scriptless = "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'";
/** The app's studio shows these pages in a frame. Only pages of this machine may: the sandbox itself is only for it. */
const localPages = "'self' http://localhost:* http://127.0.0.1:*";

/**
 * Answers with a page. `formTarget` is an origin that the page's form may redirect to besides the sandbox's own:
 * Chrome holds a redirect that follows a form post against `form-action` too.
 */
export async function renderPage(
  response: Response,
  status: number,
  view: string,
  model: Record<string, unknown>,
  formTarget = '',
): Promise<void> {
  // CSP has no notation for an IPv6 address: only the scheme can stand for it.
  const target = formTarget.includes('[') ? new URL(formTarget).protocol : formTarget;
  const html = await ejs.renderFile(`${viewFolder}${view}.ejs`, model, { cache: true });
  response
    .status(status)
    .set({
      'content-security-policy':
        `${scriptless}; frame-ancestors ${localPages}; form-action 'self' ${target}`.trim(),
    })
    .type('html')
    .send(html);
}
