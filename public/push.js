import { followPush } from './follow.js';
import { localizeTimes } from './times.js';
import { createSay, formatBytes, formatPercent } from './words.js';

const news = document.getElementById('news');
const live = () => document.getElementById('live');
const longestWaitMs = 8000;
/* `updatedAt` and state of the newest push that was told of; the page is asked for until it shows that. */
let wanted;
let isRefreshing = false;

const isShown = ({ state, updatedAt }) =>
  state === live().dataset.state && String(updatedAt) === live().dataset.updated;

/* Takes the new state from the page itself, so that there is one place that says how a push looks: the server. */
async function refresh() {
  const answer = await fetch(location.href, { headers: { Accept: 'text/html' } });
  if (answer.status === 404) return location.reload();
  if (!answer.ok) throw new Error(`the page was answered with ${answer.status}`);
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const fresh = page.getElementById('live');
  if (!fresh) throw new Error('something else answered for the page');

  const old = live();
  const hadFocus = old.contains(document.activeElement);
  const open = [...old.querySelectorAll('details[id]')].filter((details) => details.open);
  for (const { id } of open) {
    const same = fresh.querySelector(`#${id}`);
    if (same) same.open = true;
  }
  localizeTimes(fresh);
  old.replaceWith(fresh);
  document.querySelector('.steps').replaceWith(page.querySelector('.steps'));
  document.title = page.title;
  if (news.textContent !== fresh.dataset.news) news.textContent = fresh.dataset.news;
  if (hadFocus) document.getElementById('verdict').focus();
}

async function onState(push) {
  wanted = push;
  // One after the other, or an older page could arrive last.
  if (isRefreshing) return;
  isRefreshing = true;
  let waitMs = 500;
  while (!isShown(wanted)) {
    const isThere = await refresh().then(
      () => Number(live().dataset.updated) >= wanted.updatedAt,
      () => false,
    );
    if (isThere) break;
    await new Promise((resolve) => {
      setTimeout(resolve, waitMs);
      window.addEventListener('online', resolve, { once: true });
    });
    waitMs = Math.min(longestWaitMs, waitMs * 2);
  }
  isRefreshing = false;
}

/* Once all bytes are sent it is digi.me's turn, and nobody knows for how long. */
function onProgress({ sentBytes, totalBytes }) {
  const place = document.getElementById('attempt-progress');
  if (!place) return;
  const bar = place.querySelector('progress');
  const words = place.querySelector('p');
  words.hidden = false;
  if (sentBytes < totalBytes) {
    bar.max = totalBytes;
    bar.value = sentBytes;
  } else {
    bar.removeAttribute('value');
  }
  words.textContent = createSay(JSON.parse(place.dataset.words))(
    sentBytes < totalBytes ? 'progress' : 'all',
    {
      percent: formatPercent(sentBytes / totalBytes),
      sent: formatBytes(sentBytes),
      total: formatBytes(totalBytes),
    },
  );
}

if (live().dataset.final === 'false')
  followPush(live().dataset, onState, () => location.reload(), onProgress);

// Back from the consent page, or from another tab where something was done about it.
window.addEventListener('pageshow', (event) => {
  if (event.persisted) location.reload();
});
