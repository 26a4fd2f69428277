/** What a file is in the words of somebody who sends a letter: the pages have one sentence for each. */
export const fileKinds = [
  'pdf',
  'photo',
  'text',
  'table',
  'document',
  'record',
  'sound',
  'film',
  'archive',
  'other',
] as const;
export type FileKind = (typeof fileKinds)[number];

const tables = /csv|spreadsheet|ms-excel/;
const records = /^application\/(fhir\+(json|xml)|hl7-v2|dicom)$|^application\/json$/;
const documents = /wordprocessing|msword|opendocument\.text|rtf|epub|presentation|powerpoint/;
const archives = /zip|x-tar|x-7z|x-rar|x-bzip/;

/** Names the kind of a file by its MIME type; parameters after `;` don't count, and what is not known is `other`. */
export function fileKindOf(mimeType: string | undefined): FileKind {
  const type = mimeType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  if (type === 'application/pdf') return 'pdf';
  if (type.startsWith('image/')) return 'photo';
  if (type.startsWith('audio/')) return 'sound';
  if (type.startsWith('video/')) return 'film';
  if (tables.test(type)) return 'table';
  if (records.test(type)) return 'record';
  if (documents.test(type)) return 'document';
  if (archives.test(type)) return 'archive';
  return type.startsWith('text/') ? 'text' : 'other';
}
