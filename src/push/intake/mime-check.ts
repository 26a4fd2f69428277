import { AppError } from '../../errors.js';

/** Types whose files always begin with bytes of their own: without those the content is something else. */
const alwaysRecognised = new Set([
  'image/jpeg',
  'image/png',
  'image/gif',
  'image/webp',
  'image/tiff',
  'image/heic',
  'application/zip',
  'application/gzip',
  'application/dicom',
]);

/** Formats that are carried inside another one: the container's magic bytes do not contradict them. */
const containers: Record<string, RegExp> = {
  'application/zip': /^application\/(vnd\.|epub\+zip|java-archive|x-zip|.*\+zip$)/,
  'application/x-cfb': /^application\/(msword|vnd\.ms-|x-cfb|vnd\.visio)/,
  'application/xml': /([+/]xml$|^text\/html$|^text\/plain$)/,
  'application/gzip': /^application\/(x-gzip|x-gtar|x-tar|x-compressed|.*\+gzip$)/,
};

const sameFormat = [
  ['image/jpeg', 'image/jpg', 'image/pjpeg'],
  ['audio/mpeg', 'audio/mp3'],
  ['audio/wav', 'audio/x-wav', 'audio/wave', 'audio/vnd.wave'],
  ['application/xml', 'text/xml'],
  ['application/rtf', 'text/rtf'],
  ['image/heic', 'image/heif'],
  ['application/gzip', 'application/x-gzip'],
  ['video/mp4', 'audio/mp4', 'audio/x-m4a', 'video/quicktime', 'video/x-m4v', 'video/3gpp'],
  ['video/webm', 'audio/webm', 'video/matroska', 'video/x-matroska'],
  ['application/ogg', 'audio/ogg', 'video/ogg', 'audio/opus'],
];

function compatible(declared: string, found: string): boolean {
  if (declared === found || declared === 'application/octet-stream') return true;
  if (sameFormat.some((group) => group.includes(declared) && group.includes(found))) return true;
  if (containers[found]?.test(declared)) return true;
  // The detector names the office format where it sees enough of the archive; a plain zip is then still a zip.
  return declared === 'application/zip' && /openxmlformats|opendocument|epub|java-archive/.test(found);
}

/** Loaded with the first upload: a start needs none of its forty modules. Kept, since an import costs a push again and again. */
let detector: Promise<typeof import('file-type')> | undefined;

/** The PDF specification allows other bytes before the header, within the first kilobyte. */
const hasPdfHeader = (head: Buffer) => head.subarray(0, 1024).includes('%PDF-');

/**
 * Checks that the declared MIME type does not contradict the content's magic bytes. Formats without such bytes (text,
 * JSON, CSV) can't be told apart and are believed.
 * @param head the first 4,100 bytes, or all of a shorter file
 * @throws AppError MimeTypeMismatch that names both types
 */
export async function checkMimeType(declared: string, head: Buffer): Promise<void> {
  const claimed = declared.toLowerCase();
  detector ??= import('file-type');
  const { fileTypeFromBuffer } = await detector;
  const found = (await fileTypeFromBuffer(head).catch(() => undefined))?.mime.toLowerCase();
  const contradicts =
    claimed === 'application/pdf'
      ? !hasPdfHeader(head)
      : found === undefined
        ? alwaysRecognised.has(claimed)
        : !compatible(claimed, found);
  if (!contradicts) return;
  throw new AppError('MimeTypeMismatch', {
    values: { declared, found: found ?? 'unknown' },
    details: [
      {
        path: 'fileMeta.mimeType',
        message: found === undefined ? 'fields:mimeTypeNotSeen' : 'fields:mimeTypeOther',
        values: { declared, found: found ?? '' },
      },
    ],
  });
}
