const TAG =
  /<(\/?)([a-z][a-z0-9]*)((?:\s+[A-Za-z_:][\w:.-]*\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>|<!--[^<>]*-->/y;
const FORBIDDEN_TAGS = new Set(
  'script style form input button select textarea base link meta head body html title frame iframe object embed applet'.split(
    ' ',
  ),
);
const HANDLER = /\son[a-z]+\s*=/i;
const NAMESPACE = /\sxmlns\s*=\s*["']http:\/\/www\.w3\.org\/1999\/xhtml["']/;
const DEEPEST = 100;

/**
 * True for one balanced `div` in the XHTML namespace with content a person can see and nothing that runs
 * (hl7.org/fhir/STU3/narrative.html#xhtml, rules txt-1 and txt-2). One pass, linear in the length.
 */
export function isNarrativeDiv(text: string): boolean {
  const source = text.trim();
  const open: string[] = [];
  let visible = false;
  let at = 0;
  do {
    const tag = readTag(source, at);
    if (!tag || (at === 0 && !(tag.name === 'div' && NAMESPACE.test(tag.attributes)))) return false;
    if (tag.name && !tag.closes && !isHarmless(tag)) return false;
    if (tag.closes && open.pop() !== tag.name) return false;
    if (tag.name && !tag.closes && !tag.empty) open.push(tag.name);
    if (open.length > DEEPEST) return false;
    if (tag.name === 'img') visible = true;
    if (open.length === 0) return visible && tag.end === source.length;
    at = source.indexOf('<', tag.end);
    if (at > tag.end && /\S/.test(source.slice(tag.end, at))) visible = true;
  } while (at > 0);
  return false;
}

interface Tag {
  /** Empty for a comment. */
  name: string;
  attributes: string;
  closes: boolean;
  empty: boolean;
  end: number;
}

function readTag(source: string, at: number): Tag | undefined {
  TAG.lastIndex = at;
  const found = TAG.exec(source);
  if (!found) return undefined;
  const [whole, slash, name = '', attributes = '', selfClosing] = found;
  return { name, attributes, closes: slash === '/', empty: selfClosing === '/', end: at + whole.length };
}

function isHarmless({ name, attributes }: Tag): boolean {
  return !FORBIDDEN_TAGS.has(name) && !HANDLER.test(attributes);
}
