import { copySigned } from './inspector-tabs.js';
import { prepareBody } from './step-body.js';
import { localizeTimes } from './times.js';
import { createSay } from './words.js';

const lookAgainMs = 2000;
const news = document.getElementById('news');
const inspector = () => document.getElementById('inspector');
let say = createSay(JSON.parse(inspector().dataset.words));
let source;
let working = Promise.resolve();
let isAsked = false;

/* Everything that is shown comes from the server, so that there is one place that says how a step looks. */
async function fetchPage(url) {
  const answer = await fetch(url, { headers: { Accept: 'text/html' } });
  if (!answer.ok) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
}

async function replaceAll() {
  const page = await fetchPage(location.href);
  const fresh = page.getElementById('inspector');
  if (!fresh) return;
  const hadFocus = inspector().contains(document.activeElement);
  const opened = [...document.querySelectorAll('.exchange > details[open]')].map(
    ({ parentElement }) => parentElement.id,
  );
  localizeTimes(fresh);
  inspector().replaceWith(fresh);
  for (const id of opened) document.getElementById(id)?.querySelector('details').setAttribute('open', '');
  say = createSay(JSON.parse(fresh.dataset.words));
  if (hadFocus) document.getElementById('main').focus();
  showLive(source?.readyState === EventSource.OPEN);
}

function stepsAfter(count) {
  const query = new URLSearchParams(location.search);
  query.set('after', count);
  return `/inspector/steps?${query}`;
}

async function addNew() {
  const { dataset } = inspector();
  // What is new stands on the newest page only.
  if (dataset.before) return;
  const list = document.getElementById('exchanges');
  if (!list) return replaceAll();
  if (dataset.view === 'timeline') return replaceAll().then(tellNewest);
  const page = await fetchPage(stepsAfter(dataset.count));
  const rows = [...page.querySelectorAll('li.exchange')].filter(
    (row) => Number(row.dataset.number) > Number(dataset.count),
  );
  const last = rows.at(-1);
  if (!last) return;
  for (const row of rows) {
    localizeTimes(row);
    place(row, list);
  }
  dataset.count = last.dataset.number;
  const count = dataset.count;
  document.getElementById('step-count').textContent = say(count === '1' ? 'step' : 'steps', { count });
  tellNewest();
}

/* As `groupRows` orders them: a step of a push joins its push, any other the last group where that is of its kind. */
function place(row, list) {
  const { action } = row.dataset;
  const ofPush = action.startsWith('push ');
  const before = ofPush
    ? [...list.children].findLast((other) => other.dataset.action === action)
    : list.lastElementChild;
  if (before?.dataset.action !== action) return list.append(row);
  row.querySelector('.action-head')?.remove();
  before.after(row);
}

function tellNewest() {
  const newest = document.getElementById(`step-${inspector().dataset.count}`);
  const title = newest?.querySelector('.step-title')?.textContent;
  if (title) news.textContent = say('newSteps', { count: inspector().dataset.count, title });
}

/* One after the other, and many steps in one go: while an answer is on its way, one more question is enough. */
function update(task) {
  if (isAsked && task === addNew) return;
  isAsked = true;
  working = working
    .then(() => {
      isAsked = false;
      return task();
    })
    .catch(() => undefined);
}

function showLive(isOn) {
  const sign = document.getElementById('live-sign');
  if (!sign) return;
  sign.textContent = isOn ? sign.dataset.on : sign.dataset.off;
}

function follow() {
  source = new EventSource('/inspector/events');
  source.addEventListener('sync', (event) => {
    showLive(true);
    const { journey, count } = JSON.parse(event.data);
    const { dataset } = inspector();
    if (dataset.journey !== journey) update(replaceAll);
    else if (Number(dataset.count) < count) update(addNew);
  });
  source.addEventListener('step', () => update(addNew));
  source.addEventListener('error', () => {
    showLive(false);
    // While it says CONNECTING the browser tries again by itself; CLOSED means that it has given up.
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, 5 * lookAgainMs);
  });
}

/* Before the first visit of another page there is no session whose steps could be followed. */
async function waitForVisitor() {
  if (document.visibilityState === 'visible') await replaceAll().catch(() => undefined);
  if (inspector().dataset.visitor === 'true') follow();
  else setTimeout(waitForVisitor, lookAgainMs);
}

document.addEventListener('submit', copySigned);

document.addEventListener(
  'toggle',
  ({ target }) => {
    if (target instanceof HTMLDetailsElement && target.open) prepareBody(target, say('copied'));
  },
  true,
);
for (const details of document.querySelectorAll('.exchange > details[open]'))
  prepareBody(details, say('copied'));

if (inspector().dataset.visitor === 'true') follow();
else setTimeout(waitForVisitor, lookAgainMs);
