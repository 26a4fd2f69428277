const temporary = new Set([0, 408, 423, 425, 429, 502, 503, 504]);

/*
 * What became of an attempt to send: `{ push }` when the app has it, else `{ status, error, isTemporary, retryAfterMs? }`.
 * @param header gives a header of the answer by name
 */
export function outcomeOf(status, body, header) {
  let answer;
  try {
    answer = JSON.parse(body);
  } catch {
    // Something between the app and the browser answered in its own way.
  }
  if (status > 0 && status < 300 && answer?.links) return { push: answer };
  const seconds = Number(header('Retry-After') ?? Number.NaN);
  return {
    status,
    error: answer?.error?.message ? answer.error : {},
    isTemporary: temporary.has(status),
    ...(seconds > 0 && { retryAfterMs: Math.min(seconds, 60) * 1000 }),
  };
}
