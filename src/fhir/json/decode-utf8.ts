/** Text, or the offset of the first byte that is no part of a character of UTF-8. */
export type DecodedText = { text: string } | { invalidAt: number };

/** Decodes UTF-8 strictly (RFC 3629): bytes of another encoding are told, not replaced by U+FFFD. */
export function decodeUtf8(bytes: Uint8Array): DecodedText {
  try {
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return { invalidAt: firstInvalid(bytes) };
  }
}

/** The replacement begins where the valid part ends: its length in bytes is the offset. */
function firstInvalid(bytes: Uint8Array): number {
  let low = 0;
  let high = bytes.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    // A character that is cut off at the end of the slice is not invalid: `stream` waits for the rest of it.
    if (isValidSoFar(bytes.subarray(0, middle + 1))) low = middle + 1;
    else high = middle;
  }
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
