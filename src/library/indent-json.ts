/** Times the text's own length, beyond what is small anyway. */
const maxGrowth = 4;
const smallCharacters = 65_536;
const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * JSON on several lines, every token as it was: a number such as `70.50` keeps its digits, which parsing and writing it
 * again would not. Text that is no JSON object or list comes back unchanged, and so does JSON nested so deep that its
 * indentation would make it several times as long: the page that shows it must not be a way to make a
 * large answer out of a small file.
 */
export function indentJson(text: string): string {
  if (!/^\s*[[{]/.test(text) || !isJson(text)) return text;
  const parts: string[] = [];
  let depth = 0;
  let before = '';
  let length = 0;
  const longest = Math.max(smallCharacters, maxGrowth * text.length);
  const add = (part: string) => {
    parts.push(part);
    length += part.length;
  };
  for (const [token] of text.matchAll(tokens)) {
    const closes = token === '}' || token === ']';
    const afterOpening = before === '{' || before === '[';
    if (closes) depth -= 1;
    if (closes ? !afterOpening : afterOpening || before === ',') add(`\n${'  '.repeat(depth)}`);
    if (token === '{' || token === '[') depth += 1;
    add(token === ':' ? ': ' : token);
    if (length > longest) return text;
    before = token;
  }
  return parts.join('');
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
