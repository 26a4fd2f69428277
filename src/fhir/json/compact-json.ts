/**
 * Takes the blanks between the parts of a JSON text away and leaves every value as it was written: through
 * `JSON.parse` and `stringify` the decimal 78.40 would become 78.4, and in FHIR the digits of a decimal tell its
 * precision (FHIR STU3 §2.20.0.1).
 * @param json valid JSON; what is not is given back in some form without blanks
 */
export function compactJson(json: string): string {
  const pieces: string[] = [];
  // A byte order mark is not to be sent (RFC 8259 §8.1).
  for (let at = json.startsWith('\ufeff') ? 1 : 0; at < json.length; ) {
    const quote = json.indexOf('"', at);
    const end = quote === -1 ? json.length : quote;
    pieces.push(json.slice(at, end).replace(/[ \t\r\n]+/g, ''));
    if (quote === -1) break;
    at = endOfString(json, quote);
    pieces.push(json.slice(quote, at));
  }
  return pieces.join('');
}

/** The place behind the quote that ends the string beginning at `start`. */
function endOfString(json: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = json.indexOf('"', at);
    if (at === -1) return json.length;
    let escapes = 0;
    while (json[at - 1 - escapes] === '\\') escapes++;
    if (escapes % 2 === 0) return at + 1;
  }
}
