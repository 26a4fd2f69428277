const starts = (bytes, at, text) =>
  [...text].every((sign, index) => bytes[at + index] === sign.charCodeAt(0));

/* Formats that always begin with bytes of their own. */
const signatures = {
  'image/png': (bytes) => starts(bytes, 0, '\x89PNG\r\n\x1a\n'),
  'image/jpeg': (bytes) => starts(bytes, 0, '\xff\xd8\xff'),
  'image/gif': (bytes) => starts(bytes, 0, 'GIF8'),
  'image/webp': (bytes) => starts(bytes, 0, 'RIFF') && starts(bytes, 8, 'WEBP'),
  'image/heic': (bytes) =>
    starts(bytes, 4, 'ftyp') && ['heic', 'heix', 'mif1', 'hevc'].some((brand) => starts(bytes, 8, brand)),
  'image/tiff': (bytes) => starts(bytes, 0, 'II*\0') || starts(bytes, 0, 'MM\0*'),
  'application/zip': (bytes) => starts(bytes, 0, 'PK'),
  'application/gzip': (bytes) => starts(bytes, 0, '\x1f\x8b'),
  'application/dicom': (bytes) => starts(bytes, 128, 'DICM'),
  // The specification of PDF allows other bytes before the header, within the first kilobyte.
  'application/pdf': (bytes) => new TextDecoder('latin1').decode(bytes.subarray(0, 1024)).includes('%PDF-'),
};
/* What is found here can be nothing else; a zip file can be a document as well. */
const plain = ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'application/pdf'];
const alsoCalled = {
  'image/jpg': 'image/jpeg',
  'image/pjpeg': 'image/jpeg',
  'image/heif': 'image/heic',
  'application/x-gzip': 'application/gzip',
};

export async function readFirstBytes(file) {
  return new Uint8Array(await file.slice(0, 1024).arrayBuffer());
}

/* The MIME type that the first bytes of a file tell for certain, else undefined. */
export const typeOfBytes = (bytes) => plain.find((type) => signatures[type](bytes));

/*
 * Whether a file that begins with `bytes` can't be what its MIME type says, as `src/push/intake/mime-check.ts` would
 * find when all of it had arrived: `{ message, found? }` with the key of a sentence in the words `fields`, or undefined.
 */
export function contradictionOf(declared, bytes) {
  const type = alsoCalled[declared.trim().toLowerCase()] ?? declared.trim().toLowerCase();
  if (signatures[type]) {
    if (signatures[type](bytes)) return undefined;
    const found = typeOfBytes(bytes);
    return found ? { message: 'mimeTypeOther', found } : { message: 'mimeTypeNotSeen' };
  }
  const found = typeOfBytes(bytes);
  return found && type !== 'application/octet-stream' ? { message: 'mimeTypeOther', found } : undefined;
}
