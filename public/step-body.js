import { addCopyButtons, makeTabs } from './inspector-tabs.js';
import { localizeTimes } from './times.js';

/* What a step holds is fetched when it is opened: most never are. Its link shows the same on a page of its own. */
async function fetchBody(link) {
  const answer = await fetch(`/inspector/steps/${link.dataset.body}`, { headers: { Accept: 'text/html' } });
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
  const body = page.querySelector('.step-body');
  if (!body) return;
  localizeTimes(body);
  const hadFocus = link === document.activeElement;
  link.parentElement.replaceWith(body);
  if (hadFocus) body.closest('details').querySelector('summary').focus();
}

/* Fills and furnishes a step that is open. */
export async function prepareBody(details, copiedWord) {
  const link = details.querySelector('a[data-body]');
  if (link) await fetchBody(link).catch(() => undefined);
  for (const group of details.querySelectorAll('.tabbed')) makeTabs(group);
  addCopyButtons(details, copiedWord);
}
