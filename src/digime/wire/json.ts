const maxDepth = 200;

/** Why a text is no JSON that we read. */
export class JsonFault extends Error {
  readonly reason: 'truncated' | 'malformed' | 'nested too deep';

  constructor(reason: JsonFault['reason'], message: string) {
    super(message);
    this.reason = reason;
  }
}

/**
 * The value of a JSON text from outside, at most 200 levels deep, so that whoever walks it needs no limit of their own. Half a
 * surrogate pair, which no UTF-8 can hold, becomes U+FFFD.
 * @throws JsonFault, which never quotes the text: it may be a token
 */
export function parseJson(text: string): unknown {
  if (text.length > 2 * maxDepth && isDeeperThan(text, maxDepth))
    throw new JsonFault('nested too deep', `the JSON is nested more than ${maxDepth} levels deep`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // A cut can only be told from a mistake by the parser's words.
    const cut = /end of JSON input|Unterminated/.test(error instanceof Error ? error.message : '');
    throw cut
      ? new JsonFault('truncated', 'the JSON is not complete')
      : new JsonFault('malformed', 'the text is not JSON');
  }
  return /\\u[dD][89a-fA-F]/.test(text) ? wellFormed(value) : value;
}

/** The value as an object; undefined when it is none. */
export function asFields(value: unknown): Record<string, unknown> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}

function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (inString) {
      if (unit === 0x5c) at += 1;
      else if (unit === 0x22) inString = false;
    } else if (unit === 0x22) inString = true;
    else if (unit === 0x5b || unit === 0x7b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (unit === 0x5d || unit === 0x7d) depth -= 1;
  }
  return false;
}

function wellFormed(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\p{Surrogate}/gu, '\ufffd');
  if (Array.isArray(value)) return value.map(wellFormed);
  const fields = asFields(value);
  if (!fields) return value;
  return Object.fromEntries(
    Object.entries(fields).map(([name, part]) => [wellFormed(name) as string, wellFormed(part)]),
  );
}
