const tokens = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * JSON on several lines, every token as it was: a number such as `70.50` keeps its digits, which parsing and writing it
 * again would not. Text that is no JSON object or list comes back unchanged.
 */
export function indentJson(text: string): string {
  if (!/^\s*[[{]/.test(text) || !isJson(text)) return text;
  const parts: string[] = [];
  let depth = 0;
  let before = '';
  const newLine = () => `\n${'  '.repeat(Math.min(depth, 40))}`;
  for (const [token] of text.matchAll(tokens)) {
    const closes = token === '}' || token === ']';
    const afterOpening = before === '{' || before === '[';
    if (closes) depth -= 1;
    if (closes ? !afterOpening : afterOpening || before === ',') parts.push(newLine());
    if (token === '{' || token === '[') depth += 1;
    parts.push(token === ':' ? ': ' : token);
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
