/**
 * Text that came from outside, made fit for a column of `maxCharacters`: PostgreSQL refuses more, NUL, and halves of
 * characters, and would refuse the whole row for it.
 */
export function cutText(text: string, maxCharacters: number): string {
  const cut = text.slice(0, maxCharacters);
  return cut
    .replaceAll('\u0000', '\ufffd')
    .replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd');
}
