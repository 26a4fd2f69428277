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
  'image/tiff': ['II*\0', 'MM\0*'],
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

/** An attachment holds what its contentType says, leads to an address that can be fetched, and knows its size. */
export function attachmentFits(entries: readonly Entry[]): NodeRule {
  const binaryAt = new Map<unknown, Fields>();
  for (const { value, resource } of entries) {
    if (resource.resourceType !== 'Binary') continue;
    if (value.fullUrl !== undefined) binaryAt.set(value.fullUrl, resource);
    if (typeof resource.id === 'string') binaryAt.set(`Binary/${resource.id}`, resource);
  }
  return ({ value, path }, report) => {
    const { url, size, data, contentType } = value;
    if (!isItsType(contentType, data)) report([...path, 'data'], 'binary-not-its-type');
    if (typeof url === 'string' && !isFetchable(url)) report([...path, 'url'], 'attachment-url');
    const binary = typeof url === 'string' ? binaryAt.get(url) : undefined;
    if (/^urn:/i.test(String(url)) && !binary) report([...path, 'url'], 'reference-unresolved');
    const length = bytesOf(data ?? binary?.content);
    if (typeof size === 'number' && length !== undefined && size !== length) {
      report([...path, 'size'], 'attachment-size', { length });
    }
  };
}

function isFetchable(url: string): boolean {
  if (/^(?:https?|ftps?|mllp|mllps):\/\/[^/]/i.test(url)) return URL.canParse(url);
  if (/^urn:(?:uuid|oid):\S+$|^#\S+$/i.test(url)) return true;
  // A relative one, as `Binary/1`.
  return !/^[a-z][a-z0-9+.-]*:|[\\<>"^`{|}]|^\/\//i.test(url);
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
function bytesOf(content: unknown): number | undefined {
  if (typeof content !== 'string') return undefined;
  const blanks = /\s/.test(content) ? (content.match(/\s/g)?.length ?? 0) : 0;
  const padding = /=(\s*=)?\s*$/.exec(content.slice(-100))?.[0].replace(/\s/g, '').length ?? 0;
  return ((content.length - blanks) / 4) * 3 - padding;
}
