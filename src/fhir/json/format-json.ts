import { endOfString } from './scan-string.js';

/**
 * Lays JSON out with two blanks per level and leaves every value as it was written: through `JSON.parse` and `stringify`
 * the decimal 78.40 would become 78.4.
 * @param json valid JSON
 * @param maxLength deep nesting can make the blanks outgrow the text
 * @returns `undefined` when the result would be longer than `maxLength`
 */
export function formatJson(json: string, maxLength: number): string | undefined {
  const pieces: string[] = [];
  let length = 0;
  let level = 0;
  const add = (piece: string) => {
    pieces.push(piece);
    length += piece.length;
  };
  const newLine = () => add(`\n${'  '.repeat(level)}`);
  for (let at = json.startsWith('\ufeff') ? 1 : 0; at < json.length && length <= maxLength; ) {
    const sign = json[at] as string;
    if (/\s/.test(sign)) at++;
    else if (sign === '{' || sign === '[') {
      const closing = sign === '{' ? '}' : ']';
      const next = skipBlanks(json, at + 1);
      add(sign);
      if (json[next] === closing) {
        add(closing);
        at = next + 1;
      } else {
        level++;
        if (length + 2 * level > maxLength) return undefined;
        newLine();
        at = next;
      }
    } else if (sign === '}' || sign === ']') {
      level--;
      newLine();
      add(sign);
      at++;
    } else if (sign === ',') {
      add(sign);
      newLine();
      at++;
    } else if (sign === ':') {
      add(': ');
      at++;
    } else {
      const end = sign === '"' ? endOfString(json, at) : endOfLiteral(json, at);
      add(json.slice(at, end));
      at = end;
    }
  }
  return length <= maxLength ? pieces.join('') : undefined;
}

function skipBlanks(json: string, from: number): number {
  let at = from;
  while (at < json.length && /\s/.test(json[at] as string)) at++;
  return at;
}

function endOfLiteral(json: string, from: number): number {
  let at = from + 1;
  while (at < json.length && !/[\s,:\]}]/.test(json[at] as string)) at++;
  return at;
}
