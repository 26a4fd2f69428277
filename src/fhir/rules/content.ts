import { createHash } from 'node:crypto';
import { readNarrative } from '../structure/narrative-div.js';
import type { Fields } from '../walk-resource.js';
import type { Entry, NodeRule } from './rule.js';

/** How files of these types begin: ISO 32000-1 §7.5.2, RFC 2083 §3.1, ITU T.81 B.1.1.3, GIF89a §17, TIFF 6.0 §2. */
const beginnings: Readonly<Record<string, readonly string[]>> = {
  'application/pdf': ['%PDF-'],
  'image/png': ['\x89PNG\r\n\x1a\n'],
  'image/jpeg': ['\xff\xd8\xff'],
  'image/jpg': ['\xff\xd8\xff'],
  'image/gif': ['GIF87a', 'GIF89a'],
  'image/tiff': ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'],
};
/** A PDF may begin within its first kibibyte (ISO 32000-1, annex H, note 13). */
const pdfLead = 1024;

/** As txt-1 wants it: the plain elements of HTML only, and no names of characters that XML does not know (a remark). */
export const narrativeIsPlain: NodeRule = ({ value, path }, report) => {
  if (typeof value.div !== 'string') return;
  const reading = readNarrative(value.div);
  if (reading?.beyondList) report([...path, 'div'], 'narrative-elements');
  else if (reading?.htmlEntities) report([...path, 'div'], 'narrative-entities');
};

/** A Binary holds what its contentType says. */
export const binaryIsItsType: NodeRule = ({ value, path }, report) => {
  if (!isItsType(value.contentType, value.content)) report([...path, 'content'], 'binary-not-its-type');
};

/** An attachment holds what its contentType says, leads to what is there, and knows its size and its hash. */
export function attachmentFits(entries: readonly Entry[]): NodeRule {
  const resourceAt = new Map<unknown, Fields>();
  for (const { value, resource } of entries) {
    if (value.fullUrl !== undefined) resourceAt.set(value.fullUrl, resource);
    if (typeof resource.id === 'string') resourceAt.set(`${resource.resourceType}/${resource.id}`, resource);
  }
  // Many attachments may lead to one large Binary: it is measured once.
  const measured = new WeakMap<Fields, MeasuredBytes>();
  const bytesFor = (holder: Fields, content: string) => {
    const known = measured.get(holder) ?? measureBytes(content);
    measured.set(holder, known);
    return known;
  };
  return ({ value, path }, report) => {
    const { url, size, hash, data, contentType } = value;
    if (!isItsType(contentType, data)) report([...path, 'data'], 'binary-not-its-type');
    const target = typeof url === 'string' ? resourceAt.get(url) : undefined;
    const isBinary = target?.resourceType === 'Binary';
    if (typeof url === 'string') {
      if (!isFetchable(url)) report([...path, 'url'], 'attachment-url');
      else if (target && !isBinary) report([...path, 'url'], 'attachment-target');
      else if (/^urn:/i.test(url) && !target) report([...path, 'url'], 'reference-unresolved');
    }
    if (isBinary && !isSameType(contentType, target.contentType))
      report([...path, 'contentType'], 'attachment-type');
    const content = data ?? (isBinary ? target.content : undefined);
    if (typeof content !== 'string') return;
    const bytes = bytesFor(data === undefined && target ? target : value, content);
    if (typeof size === 'number' && size !== bytes.length()) {
      report([...path, 'size'], 'attachment-size', { length: bytes.length() });
    }
    if (typeof hash === 'string' && !Buffer.from(hash, 'base64').equals(bytes.sum()))
      report([...path, 'hash'], 'attachment-hash');
  };
}

/** What is known of the bytes that a base64 text stands for; each is computed when it is first asked for. */
interface MeasuredBytes {
  length(): number;
  /** SHA-1, which `Attachment.hash` holds in base64 (datatypes-definitions.html#Attachment.hash). */
  sum(): Buffer;
}

function measureBytes(content: string): MeasuredBytes {
  let length: number | undefined;
  let sum: Buffer | undefined;
  return {
    length: () => {
      length ??= bytesOf(content);
      return length;
    },
    sum: () => {
      sum ??= createHash('sha1').update(Buffer.from(content, 'base64')).digest();
      return sum;
    },
  };
}

/** Two types of one file agree: parameters aside, any kind of XML is XML, and bytes can be anything. */
function isSameType(one: unknown, other: unknown): boolean {
  if (typeof one !== 'string' || typeof other !== 'string') return true;
  const [a, b] = [one, other].map((type) => {
    const plain = type.split(';', 1)[0]?.trim().toLowerCase() ?? '';
    return /[/+]xml$/.test(plain) ? 'text/xml' : plain.replace('image/jpg', 'image/jpeg');
  });
  return a === b || a === 'application/octet-stream' || b === 'application/octet-stream';
}

/** Any scheme is allowed (`cid:` is named in the definition), but for those that lead to a program or to this machine. */
function isFetchable(url: string): boolean {
  if (/^(?:https?|ftps?|mllps?):/i.test(url)) return /^[a-z]+:\/\/[^/]/i.test(url) && URL.canParse(url);
  if (/^(?:javascript|vbscript|file|blob|about):/i.test(url)) return false;
  if (/^[a-z][a-z0-9+.-]*:./i.test(url)) return true;
  // A relative one, as `Binary/1`.
  return !/[\\<>"^`{|}]|^\/\//.test(url);
}

function isItsType(contentType: unknown, content: unknown): boolean {
  if (typeof contentType !== 'string' || typeof content !== 'string') return true;
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const wanted = Object.hasOwn(beginnings, type) ? (beginnings[type] ?? []) : [];
  if (wanted.length === 0) return true;
  const start = Buffer.from(content.slice(0, 2 * pdfLead), 'base64').toString('latin1');
  if (type === 'application/pdf') return start.slice(0, pdfLead + 5).includes('%PDF-');
  return wanted.some((beginning) => start.startsWith(beginning));
}

/** How many bytes a base64 text stands for. */
function bytesOf(content: string): number {
  const blanks = /\s/.test(content) ? (content.match(/\s/g)?.length ?? 0) : 0;
  const padding = /=(\s*=)?\s*$/.exec(content.slice(-100))?.[0].replace(/\s/g, '').length ?? 0;
  return ((content.length - blanks) / 4) * 3 - padding;
}
