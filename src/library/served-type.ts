/** Types that a browser shows or saves without running anything in them. */
const inert =
  /^(text\/(plain|csv)|application\/(json|fhir\+json|pdf|zip|gzip|dicom)|image\/(png|jpeg|gif|webp|avif|bmp|tiff|heic|heif)|audio\/[a-z0-9.+-]+|video\/[a-z0-9.+-]+)$/;

/**
 * The Content-Type to serve a file of the library with: what it says it is where that is harmless, else
 * `application/octet-stream` (HTML, SVG, XML and scripts among others).
 */
export function servedType(mimeType: string | undefined): string {
  const type = mimeType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (!inert.test(type)) return 'application/octet-stream';
  return type.startsWith('text/') ? `${type}; charset=utf-8` : type;
}

const extensions: Record<string, string> = {
  'application/pdf': 'pdf',
  'application/json': 'json',
  'application/fhir+json': 'json',
  'application/xml': 'xml',
  'application/zip': 'zip',
  'application/gzip': 'gz',
  'application/dicom': 'dcm',
  'application/msword': 'doc',
  'application/vnd.openxmlformats-officedocument.wordprocessingml.document': 'docx',
  'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet': 'xlsx',
  'audio/mpeg': 'mp3',
  'image/gif': 'gif',
  'image/heic': 'heic',
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/svg+xml': 'svg',
  'image/tiff': 'tiff',
  'image/webp': 'webp',
  'text/csv': 'csv',
  'text/html': 'html',
  'text/markdown': 'md',
  'text/plain': 'txt',
  'text/xml': 'xml',
  'video/mp4': 'mp4',
};

/** The usual extension of a MIME type, without the dot. */
export function extensionOf(mimeType: string | undefined): string | undefined {
  const type = mimeType?.split(';', 1)[0]?.trim() ?? '';
  return Object.hasOwn(extensions, type) ? extensions[type] : undefined;
}
