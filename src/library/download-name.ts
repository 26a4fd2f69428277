import { extensionOf } from './served-type.js';

/**
 * What a file is called when it is saved: the name it was pushed under where its bytes are those of a push (digi.me
 * keeps no file names), else digi.me's own name for it with the extension of its type.
 */
export function downloadName(
  pushedAs: string | undefined,
  name: string,
  mimeType: string | undefined,
): string {
  if (pushedAs !== undefined) return pushedAs;
  const extension = extensionOf(mimeType);
  return extension === undefined || name.toLowerCase().endsWith(`.${extension}`)
    ? name
    : `${name}.${extension}`;
}

/**
 * A `Content-Disposition` (RFC 6266): the name in ASCII for old clients, and in full as RFC 8187 encodes it. Folders,
 * control characters and quotes do not get into either.
 */
export function attachment(name: string): string {
  const safe = name.replace(/[\p{Cc}\p{Surrogate}\u2028\u2029/\\]/gu, '_').slice(0, 255) || 'file';
  const ascii = safe.replace(/[^\x20-\x7e]|["%]/g, '_');
  const encoded = encodeURIComponent(safe.replace(/\p{Surrogate}/gu, '_')).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
