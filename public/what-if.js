import { localizeTimes } from './times.js';

const lookAgainMs = 2000;
const current = () => document.getElementById('switched-on');

/* What was switched on is used up by pushes and by time, so what it stands at is asked for again and again. */
async function lookAgain() {
  if (document.visibilityState === 'visible' && !current().contains(document.activeElement)) {
    try {
      const answer = await fetch('/what-if', { headers: { Accept: 'text/html' } });
      const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
      const fresh = page.getElementById('switched-on');
      if (answer.ok && fresh) {
        localizeTimes(fresh);
        // Only what is new is put in its place, or a screen reader would say all of it every time.
        if (fresh.textContent !== current().textContent) current().replaceChildren(...fresh.childNodes);
      }
    } catch {
      // The network is away; the next round asks again.
    }
  }
  setTimeout(lookAgain, lookAgainMs);
}

document.getElementById('done')?.focus();
setTimeout(lookAgain, lookAgainMs);
