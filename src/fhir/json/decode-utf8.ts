/** Text, or the offset of the first byte that is no part of a character of UTF-8. */
export type DecodedText = { text: string } | { invalidAt: number };

/** Decodes UTF-8 strictly (RFC 3629): bytes of another encoding are told, not replaced by U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): DecodedText {
  const decoded = decodeWhole(bytes);
  return 'text' in decoded ? decoded : { invalidAt: firstInvalid(bytes) };
}

function decodeWhole(bytes: Uint8Array): DecodedText {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { invalidAt: 0 };
  }
}

/** The longest beginning that could go on as UTF-8, found by halving. */
function firstInvalid(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    // A character that is cut off at the end of the slice is not invalid: `stream` waits for the rest of it.
    if (isValidSoFar(bytes.subarray(0, middle + 1))) low = middle + 1;
    else high = middle;
  }
  // What is wrong is the character that was begun and not the byte that does not go on with it.
  while (low > 0 && 'invalidAt' in decodeWhole(bytes.subarray(0, low))) low--;
  return low;
}

function isValidSoFar(bytes: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return true;
  } catch {
    return false;
  }
}
