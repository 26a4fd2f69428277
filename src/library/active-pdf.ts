import { inflateSync } from 'node:zlib';

/** Names of the PDF specification (ISO 32000) for what acts by itself, or for what can't be looked into. */
const actions = /\/(JavaScript|JS|Launch|SubmitForm|ImportData|RichMedia|XFA|Encrypt)\b/;
const maxInflatedBytes = 32 * 2 ** 20;

/**
 * Whether a PDF may contain something that runs or sends, or is encrypted so that nobody can tell: such a file is not
 * previewed. Looks at the plain text and into compressed streams, with names written as `/J#53` undone.
 */
export function isActivePdf(pdf: Buffer): boolean {
  const text = pdf.toString('latin1');
  if (namesIn(text)) return true;
  let inflated = 0;
  for (const { index } of text.matchAll(/stream\r?\n/g)) {
    const start = index + (text[index + 6] === '\r' ? 8 : 7);
    const end = text.indexOf('endstream', start);
    if (end < 0) continue;
    try {
      const plain = inflateSync(pdf.subarray(start, end), { maxOutputLength: maxInflatedBytes - inflated });
      inflated += plain.length;
      if (namesIn(plain.toString('latin1'))) return true;
    } catch (error) {
      // Not compressed this way: a picture or a font. Too much of it: nobody can tell.
      if ((error as { code?: string }).code === 'ERR_BUFFER_TOO_LARGE') return true;
    }
    if (inflated >= maxInflatedBytes) return true;
  }
  return false;
}

function namesIn(text: string): boolean {
  return actions.test(
    text.replace(/#([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
  );
}
