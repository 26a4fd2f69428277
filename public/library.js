import { localizeTimes } from './times.js';

const shortestMs = 700;
const longestMs = 3000;
const live = () => document.getElementById('live');
let pauseMs = shortestMs;

/* Takes the list as it is now from the page itself, so that there is one place that says how it looks: the server. */
async function refresh() {
  const answer = await fetch(location.href.replace(/([?&])again\b/, '$1'), {
    headers: { Accept: 'text/html' },
  });
  if (!answer.ok) return location.reload();
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.getElementById('live');
  if (!fresh) return location.reload();
  takeFilter(page);
  const at = [...live().querySelectorAll('a')].indexOf(document.activeElement);
  localizeTimes(fresh);
  live().replaceWith(fresh);
  if (at >= 0) fresh.querySelectorAll('a')[at]?.focus();
}

/* The choices grow with what is known; a form that somebody is using stays as it is. */
function takeFilter(page) {
  const fresh = page.getElementById('filter');
  const old = document.getElementById('filter');
  if (!fresh || old?.contains(document.activeElement)) return;
  if (old) old.replaceWith(fresh);
  else live().before(fresh);
}

async function follow() {
  if (live().dataset.finished === 'true') return;
  await new Promise((resolve) => setTimeout(resolve, pauseMs));
  pauseMs = Math.min(longestMs, pauseMs * 1.3);
  if (!document.hidden) await refresh().catch(() => undefined);
  follow();
}

follow();
