const json = { Accept: 'application/json', 'Content-Type': 'application/json' };

export function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // It is missing on plain http addresses other than localhost.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

/* Gives `{ problems, verdict, formatted?, repaired? }`, or `{ message }` where the server could not check; never rejects. */
export async function askForCheck({ version, resource }, signal, options = {}) {
  try {
    const body = JSON.stringify({ version, resource, ...options });
    const answer = await fetch('/push/provider/check', { method: 'POST', headers: json, body, signal });
    const found = await answer.json();
    if (answer.ok) return found;
    const details = (found.error?.details ?? []).map(({ message }) => message);
    return { message: [found.error?.message, ...details].filter(Boolean).join(' ') };
  } catch {
    return {};
  }
}

/* Gives `{ push }` or `{ error: { code?, message? } }`; never rejects. */
export async function sendResource(action, key, body) {
  try {
    const headers = { ...json, 'Idempotency-Key': key };
    const answer = await fetch(action, { method: 'POST', headers, body });
    const found = await answer.json();
    if (answer.ok && found.links) return { push: found };
    const details = (found.error?.details ?? []).map(({ path, message }) => `${path}: ${message}`);
    return {
      error: { ...found.error, message: [found.error?.message, ...details].filter(Boolean).join(' ') },
    };
  } catch {
    return { error: {} };
  }
}
