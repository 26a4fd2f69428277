/** The session's cookie of an answer that sets one. */
const cookieOf = (answer) => answer.headers.getSetCookie()[0].split(';')[0];

/** Connects a visitor with the sandbox behind the app, as a person without scripts would. @returns the session's cookie */
export async function connect(base) {
  const started = await fetch(`${base}/authorize`, { method: 'POST', redirect: 'manual' });
  const consentUrl = new URL(started.headers.get('location'));
  const decided = await fetch(consentUrl.origin + consentUrl.pathname, {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams([...consentUrl.searchParams, ['decision', 'allow']]),
  });
  const back = await fetch(decided.headers.get('location'), {
    redirect: 'manual',
    headers: { Cookie: cookieOf(started) },
  });
  if (back.status !== 303) throw new Error(`the callback answered ${back.status}`);
  return cookieOf(back);
}

/** Sends a small text file. @returns the JSON of the answer */
export async function push(base, cookie, { name, text, tag }) {
  const form = new FormData();
  const fileMeta = { mimeType: 'text/plain', accounts: [{ accountId: 'patient-1' }], tags: [tag] };
  form.append('fileMeta', JSON.stringify(fileMeta));
  form.append('file', new Blob([text]), name);
  const answer = await fetch(`${base}/push/library`, {
    method: 'POST',
    body: form,
    headers: { Cookie: cookie, Accept: 'application/json' },
  });
  if (answer.status !== 202) throw new Error(`the upload answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
