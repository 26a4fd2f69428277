const identifier = /^[A-Za-z_$][\w$]*$/;

/** A JSON value as a TypeScript expression, pretty-printed with two spaces; `depth` is that of the line it begins on. */
export function printLiteral(value: unknown, depth = 0): string {
  if (typeof value === 'string') return quoted(value);
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'undefined';
  const inner = '  '.repeat(depth + 1);
  const outer = '  '.repeat(depth);
  if (Array.isArray(value)) {
    if (value.every((item) => typeof item !== 'object' || item === null))
      return `[${value.map((item) => printLiteral(item)).join(', ')}]`;
    return `[\n${value.map((item) => `${inner}${printLiteral(item, depth + 1)},\n`).join('')}${outer}]`;
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  if (members.length === 0) return '{}';
  return `{\n${members.map(([name, member]) => `${inner}${key(name)}: ${printLiteral(member, depth + 1)},\n`).join('')}${outer}}`;
}

function key(name: string): string {
  // Written plainly, `__proto__` would set the prototype instead of a member.
  if (name === '__proto__') return "['__proto__']";
  return identifier.test(name) ? name : quoted(name);
}

/** Single quotes, as the rest of the code has them; JSON's escapes are JavaScript's too. */
function quoted(text: string): string {
  const inside = JSON.stringify(text)
    .slice(1, -1)
    .replace(/\\(.)/g, (pair, character) => (character === '"' ? '"' : pair))
    .replaceAll("'", "\\'")
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
  return `'${inside}'`;
}
