import { followPush } from './follow.js';
import { localizeTimes } from './times.js';

const news = document.getElementById('news');
const live = () => document.getElementById('live');
let refreshing;

/* Takes the new state from the page itself, so that there is one place that says how a push looks: the server. */
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.getElementById('live');
  if (!fresh) return;

  const old = live();
  const hadFocus = old.contains(document.activeElement);
  const open = [...old.querySelectorAll('details')].map((details) => details.open);
  fresh.querySelectorAll('details').forEach((details, index) => {
    details.open = open[index] ?? details.open;
  });
  localizeTimes(fresh);
  old.replaceWith(fresh);
  document.querySelector('.steps').replaceWith(page.querySelector('.steps'));
  document.title = page.title;
  if (news.textContent !== fresh.dataset.news) news.textContent = fresh.dataset.news;
  if (hadFocus) document.getElementById('verdict').focus();
}

function onState(push) {
  if (push.state === live().dataset.state && String(push.updatedAt) === live().dataset.updated) return;
  // One after the other, or an older page could arrive last.
  refreshing = (refreshing ?? Promise.resolve()).then(refresh).catch(() => undefined);
}

if (live().dataset.final === 'false') followPush(live().dataset, onState);

// Back from the consent page, or from another tab where something was done about it.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
