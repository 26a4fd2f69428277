const wordsOf = (list: string) => new Set(list.trim().split(/\s+/));

/** HTML 4.0 chapters 7–11 (without 9.4) and 15, `a` and `img`: what rule txt-1 allows. */
const allowedElements = wordsOf(`
  a abbr acronym address area b bdo big blockquote br caption center cite code col colgroup dd del dfn div dl dt em h1 h2
  h3 h4 h5 h6 hr i img ins kbd li map ol p pre q s samp small span strike strong style sub sup table tbody td tfoot th
  thead tr tt u ul var
`);
const allowedAttributes = wordsOf(`
  abbr accesskey align alt axis bgcolor border cellpadding cellspacing char charoff charset cite class clear colspan
  compact coords datetime dir frame headers height href hreflang hspace id ismap lang longdesc name nohref noshade nowrap
  rel rev rowspan rules scope shape size span src start style summary tabindex target title type usemap valign value
  vspace width xml:base xml:id xml:lang xml:space xmlns
`);
/** Elements that run something, load something, or take something in. */
const activeElements = wordsOf(`
  animate applet audio base body button canvas dialog embed form foreignObject frame frameset head html iframe input link
  math meta noscript object option param script select slot source svg template textarea title track video
`);
const addresses = wordsOf('href src cite longdesc usemap background action xml:base');
/** HTML 4.0's names of characters; XML itself knows the first five only. */
const xmlEntities = wordsOf('amp lt gt quot apos');
const htmlEntities = wordsOf(`
  nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro para
  middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil Egrave
  Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave Uacute Ucirc
  Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave iacute icirc
  iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml OElig oelig
  Scaron scaron Yuml fnof circ tilde Alpha Beta Gamma Delta Epsilon Zeta Eta Theta Iota Kappa Lambda Mu Nu Xi Omicron Pi
  Rho Sigma Tau Upsilon Phi Chi Psi Omega alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron
  pi rho sigmaf sigma tau upsilon phi chi psi omega thetasym upsih piv ensp emsp thinsp zwnj zwj lrm rlm ndash mdash lsquo
  rsquo sbquo ldquo rdquo bdquo dagger Dagger bull hellip permil prime Prime lsaquo rsaquo oline frasl euro image weierp
  real trade alefsym larr uarr rarr darr harr crarr lArr uArr rArr dArr hArr forall part exist empty nabla isin notin ni
  prod sum minus lowast radic prop infin ang and or cap cup int there4 sim cong asymp ne equiv le ge sub sup nsub sube
  supe oplus otimes perp sdot lceil rceil lfloor rfloor lang rang loz spades clubs hearts diams
`);
const xhtml = 'http://www.w3.org/1999/xhtml';
const deepest = 100;
/** HTML 4.0 has some thirty for one element. */
const mostAttributes = 100;

const tagStart = /<(\/?)([a-z][A-Za-z0-9:._-]*)/y;
const attribute = /\s+([A-Za-z_:][\w:.-]*)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const tagEnd = /\s*(\/?)>/y;
const comment = /<!--[^<>]*-->/y;
const entity = /&(?:#(\d{1,7})|#x([0-9a-fA-F]{1,6})|([A-Za-z][A-Za-z0-9]{0,10}));|&/g;

/** What a well-formed narrative holds beyond the plain part of XHTML. */
export interface NarrativeReading {
  /** Elements and attributes outside the list of rule txt-1. */
  beyondList: boolean;
  /** Characters by names that HTML knows and XML does not, such as `&nbsp;`. */
  htmlEntities: boolean;
}

/**
 * Reads one balanced `div` in the XHTML namespace with content a person can see and nothing that runs
 * (hl7.org/fhir/STU3/narrative.html#xhtml, rules txt-1 and txt-2). One pass, linear in the length.
 *
 * @returns `undefined` for anything else
 */
export function readNarrative(text: string): NarrativeReading | undefined {
  const source = text.trim();
  const reading = { beyondList: false, htmlEntities: false };
  const open: string[] = [];
  let visible = false;
  let at = 0;
  do {
    const tag = readTag(source, at, reading);
    if (!tag || (at === 0 && tag.name !== 'div')) return undefined;
    if (at === 0 && tag.namespace !== xhtml) return undefined;
    if (tag.closes && open.pop() !== tag.name) return undefined;
    if (tag.name && !tag.closes && !tag.empty) open.push(tag.name);
    if (open.length > deepest) return undefined;
    if (tag.name === 'img') visible = true;
    if (open.length === 0) return visible && tag.end === source.length ? reading : undefined;
    at = source.indexOf('<', tag.end);
    if (at < 0) return undefined;
    const between = source.slice(tag.end, at);
    if (!readEntities(between, reading)) return undefined;
    if (/\S/.test(between)) visible = true;
  } while (at > 0);
  return undefined;
}

interface Tag {
  /** Empty for a comment. */
  name: string;
  closes: boolean;
  empty: boolean;
  namespace?: string;
  end: number;
}

function readTag(source: string, at: number, reading: NarrativeReading): Tag | undefined {
  const note = match(comment, source, at);
  if (note) return { name: '', closes: false, empty: true, end: at + note[0].length };
  const start = match(tagStart, source, at);
  if (!start) return undefined;
  const [, slash = '', name = ''] = start;
  const closes = slash === '/';
  let end = at + start[0].length;
  const seen = new Map<string, string>();
  for (let found = match(attribute, source, end); found; found = match(attribute, source, end)) {
    const [whole, key = '', double, single] = found;
    const value = double ?? single ?? '';
    if (closes || seen.has(key) || isActive(key, value) || !readEntities(value, reading)) return undefined;
    if (!allowedAttributes.has(key)) reading.beyondList = true;
    if (seen.size >= mostAttributes) return undefined;
    seen.set(key, key === 'xmlns' ? value : '');
    end += whole.length;
  }
  const close = match(tagEnd, source, end);
  if (!close || activeElements.has(name)) return undefined;
  if (!allowedElements.has(name)) reading.beyondList = true;
  const namespace = seen.get('xmlns');
  return {
    name,
    closes,
    empty: close[1] === '/',
    ...(namespace !== undefined && { namespace }),
    end: end + close[0].length,
  };
}

function match(pattern: RegExp, source: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(source);
}

/** Whether an attribute runs something: an event handler, or an address or a style with a script in it. */
function isActive(key: string, value: string): boolean {
  if (/^on/i.test(key)) return true;
  if (addresses.has(key.toLowerCase())) {
    const address = withoutEntities(value.slice(0, 2000)).replace(/[\u0000-\u0020\u00a0\u200b-\u200d]+/g, '');
    return /^(?:javascript|vbscript|livescript|data:(?!image\/(?:png|jpeg|gif)))/i.test(address);
  }
  return key === 'style' && /expression\s*\(|javascript:|behaviou?r\s*:|-moz-binding/i.test(withoutEntities(value));
}

function withoutEntities(value: string): string {
  return value.replace(entity, (whole, decimal?: string, hexadecimal?: string) => {
    const code = decimal ? Number(decimal) : hexadecimal ? Number.parseInt(hexadecimal, 16) : undefined;
    return code !== undefined && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
  });
}

/** False where an `&` begins nothing that XML or HTML knows. */
function readEntities(text: string, reading: NarrativeReading): boolean {
  if (!text.includes('&')) return true;
  for (const [whole, decimal, hexadecimal, name] of text.matchAll(entity)) {
    if (whole === '&') return false;
    if (decimal !== undefined || hexadecimal !== undefined || xmlEntities.has(name ?? '')) continue;
    if (!htmlEntities.has(name ?? '')) return false;
    reading.htmlEntities = true;
  }
  return true;
}
