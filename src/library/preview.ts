import type { PayloadStore, StoredPayload } from '../storage/index.js';
import { indentJson } from './indent-json.js';

/** What can be shown of a file in a page, as data: nothing of it is ever markup. */
export type Preview =
  | { kind: 'image'; src: string }
  | { kind: 'text'; text: string; isCut: boolean }
  | { kind: 'none'; reason: 'type' | 'size' | 'pdf' };

const maxPreviewBytes = 4 * 2 ** 20;
const maxTextBytes = 256 * 1024;
const shownImages = new Set([
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/avif',
  'image/bmp',
]);
const textTypes = /^(text\/|application\/(.*\+)?(json|xml)|application\/javascript|image\/svg\+xml)/;

/**
 * Decides by the content, not by what the file says it is: pictures of known kinds as a data URL, and what reads as text
 * (HTML and SVG among it, as source). A PDF is only offered as a download: what acts in it by itself can be hidden in too
 * many ways (filters in a row, object streams, encryption) to be found, and a viewer would run it.
 */
export async function previewOf(
  spool: PayloadStore,
  payload: StoredPayload,
  mimeType: string | undefined,
): Promise<Preview> {
  const { fileTypeFromBuffer } = await import('file-type');
  const found = (await fileTypeFromBuffer(payload.head).catch(() => undefined))?.mime;
  if (found !== undefined && shownImages.has(found)) {
    if (payload.size > maxPreviewBytes) return { kind: 'none', reason: 'size' };
    const bytes = await readUpTo(spool, payload, payload.size);
    return { kind: 'image', src: `data:${found};base64,${bytes.toString('base64')}` };
  }
  if (found === 'application/pdf' || isPdf(payload)) return { kind: 'none', reason: 'pdf' };
  if ((found === undefined || textTypes.test(found)) && !payload.head.includes(0))
    return previewOfText(spool, payload, mimeType);
  return { kind: 'none', reason: 'type' };
}

/** ISO 32000-1, Annex H: readers accept other bytes before the header, within the first kilobyte. */
const isPdf = ({ head }: StoredPayload): boolean => head.subarray(0, 1024).includes('%PDF-');

async function previewOfText(
  spool: PayloadStore,
  payload: StoredPayload,
  mimeType: string | undefined,
): Promise<Preview> {
  const bytes = await readUpTo(spool, payload, maxTextBytes);
  const isCut = payload.size > bytes.length;
  const text = new TextDecoder('utf-8').decode(bytes, { stream: isCut });
  // Bytes that are no text at all decode to a great many replacement characters.
  const strange = text.length - text.replace(/\ufffd/g, '').length;
  if (strange * 20 > text.length && !textTypes.test(mimeType ?? '')) return { kind: 'none', reason: 'type' };
  return { kind: 'text', text: isCut ? text : indentJson(text), isCut };
}

async function readUpTo(spool: PayloadStore, payload: StoredPayload, count: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of spool.read(payload, payload.key)) {
    chunks.push(chunk as Buffer);
    size += (chunk as Buffer).length;
    if (size >= count) break;
  }
  return Buffer.concat(chunks).subarray(0, count);
}
