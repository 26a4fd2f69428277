import { readFileSync } from 'node:fs';
import { type Request, type Response, Router } from 'express';
import { renderPage } from '../web/index.js';

/** A stretch of text; `isCode` where it stood between backticks. */
interface Span {
  readonly text: string;
  readonly isCode: boolean;
}

/** A heading with the anchor that links name, a paragraph, or a list. */
export type Block =
  | { readonly kind: 'heading'; readonly level: 1 | 2; readonly id: string; readonly text: string }
  | { readonly kind: 'paragraph'; readonly spans: readonly Span[] }
  | { readonly kind: 'list'; readonly items: readonly (readonly Span[])[] };

// src/inspector and dist/inspector lie equally deep below docs/.
const file = new URL('../../docs/protocol.md', import.meta.url);

/** The anchor of a heading, as code hosts make it: lower case, hyphens for blanks, no punctuation. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');
}

/** Reads `docs/protocol.md`, which uses headings, paragraphs, lists and code spans of Markdown and nothing else of it. */
export function readProtocol(): Block[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split(/\n{2,}/)
    .map((block) => {
      const heading = /^(#{1,2}) (.*)$/.exec(block);
      if (heading) {
        const [, marks = '#', text = ''] = heading;
        return { kind: 'heading', level: marks.length === 1 ? 1 : 2, id: anchorOf(text), text };
      }
      if (!block.startsWith('- ')) return { kind: 'paragraph', spans: spansOf(block) };
      return { kind: 'list', items: block.slice(2).split(/\n- /).map(spansOf) };
    });
}

function spansOf(text: string): Span[] {
  return text
    .replace(/\s*\n\s*/g, ' ')
    .split('`')
    .map((part, index) => ({ text: part, isCode: index % 2 === 1 }))
    .filter((span) => span.text !== '');
}

/** `GET /inspector/protocol`: the rules that the inspector cites. */
export function protocolPage(): Router {
  const router = Router();
  const blocks = readProtocol();
  router.get('/inspector/protocol', (req: Request, res: Response) =>
    renderPage(req, res, 'inspector/protocol', { blocks }),
  );
  return router;
}
