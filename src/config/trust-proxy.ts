import { isIP } from 'node:net';

/** The names that Express knows for ranges of addresses. */
const namedRanges = new Set(['loopback', 'linklocal', 'uniquelocal']);
const maxHops = 10;
const advice =
  'must be false, the number of proxies before the app (1 to 10), or their addresses separated by commas';

/**
 * Reads `TRUST_PROXY`. `true`, a range of all addresses and a large number of hops are refused: each of them lets a
 * client choose the address that rate limits count, by sending `X-Forwarded-For` itself.
 * @returns `false` for none, a number of hops, or addresses, CIDR ranges and Express' names of ranges
 */
export function parseTrustProxy(value: string, problems: string[]): number | string[] | false {
  const text = value.trim();
  if (text === 'false' || text === '0') return false;
  if (/^\d+$/.test(text) && Number(text) <= maxHops) return Number(text);
  const parts = text.split(',').map((part) => part.trim());
  const wrong = parts.find((part) => !isTrustable(part));
  if (wrong === undefined) return parts;
  problems.push(
    text === 'true'
      ? `TRUST_PROXY ${advice}; true would let every client choose the address that limits count`
      : `TRUST_PROXY ${advice}`,
  );
  return false;
}

function isTrustable(part: string): boolean {
  if (namedRanges.has(part)) return true;
  const [address = '', prefix, ...rest] = part.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  const bits = Number(prefix);
  // A range of more than a sixteenth of all IPv4 addresses is no list of proxies.
  return /^\d{1,3}$/.test(prefix) && bits >= (family === 4 ? 4 : 7) && bits <= (family === 4 ? 32 : 128);
}
