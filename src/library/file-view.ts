import { downloadName } from './download-name.js';
import { type FileKind, fileKindOf } from './file-kind.js';
import type { PushedFile } from './pushed-files.js';
import type { LibraryFile } from './read-library.js';

/** A file of the library as pages and scripts see it. Sizes in bytes, times Unix milliseconds. */
export interface FileView {
  /** digi.me's own name for it. */
  name: string;
  /** What to call it: the name of the push with the same bytes, where there is one. */
  title: string;
  type?: string;
  /** The type in a word that pages have in both languages. */
  kind: FileKind;
  /** Of the content, once it was read. */
  size?: number;
  /** Of the encrypted body, where digi.me announced it: close to the content's when that is not compressed. */
  sentBytes?: number;
  sha256?: string;
  tags: readonly string[];
  reference: readonly string[];
  accounts: readonly string[];
  /** When it was pushed, else when it last changed. */
  at?: number;
  application?: { id: string; isThisApp: boolean };
  /** The push of this visitor with the same SHA-256. */
  samePush?: { id: string; fileName: string; href: string };
  /** The push that it probably came from, as long as its bytes were not read. */
  probably?: { id: string; fileName: string; href: string };
  /** Whether the bytes were read and compared with the visitor's pushes. */
  isCompared: boolean;
  /** Its details have not come in yet; `unknown`: digi.me did not give them. */
  details: 'known' | 'awaited' | 'unknown';
  links: { self: string; preview: string };
}

/** The addresses of a file; a name is anything, so it is one encoded segment. */
export function linksOf(name: string, connectionId: string | undefined): FileView['links'] {
  const self = `/library/${encodeURIComponent(name)}`;
  const connection = connectionId === undefined ? '' : `connection=${encodeURIComponent(connectionId)}`;
  return {
    self: `${self}${connection && `?${connection}`}`,
    preview: `${self}?preview${connection && `&${connection}`}`,
  };
}

const shownPush = ({ id, fileName }: PushedFile) => ({ id, fileName, href: `/pushes/${id}` });

export function fileView(
  applicationId: string,
  file: LibraryFile,
  context: {
    pushed: PushedFile | undefined;
    likely?: PushedFile | undefined;
    connectionId: string | undefined;
  },
): FileView {
  const { name, details, bytes, sentBytes, failures, updatedAt } = file;
  const { pushed, likely } = context;
  const at = details?.createdAt ?? updatedAt;
  return {
    name,
    title: downloadName((pushed ?? likely)?.fileName, name, details?.mimeType),
    ...(details?.mimeType && { type: details.mimeType }),
    kind: fileKindOf(details?.mimeType),
    ...(bytes && { size: bytes.size, sha256: bytes.sha256 }),
    ...(sentBytes !== undefined && { sentBytes }),
    tags: details?.tags ?? [],
    reference: details?.reference ?? [],
    accounts: details?.accountIds ?? [],
    ...(at !== undefined && { at }),
    ...(details?.applicationId && {
      application: { id: details.applicationId, isThisApp: details.applicationId === applicationId },
    }),
    ...(pushed && { samePush: shownPush(pushed) }),
    ...(likely && { probably: shownPush(likely) }),
    isCompared: bytes !== undefined,
    details: details ? 'known' : failures < 2 ? 'awaited' : 'unknown',
    links: linksOf(name, context.connectionId),
  };
}
