import { copySigned } from './inspector-tabs.js';
import { prepareBody } from './step-body.js';
import { localizeTimes } from './times.js';
import { createSay } from './words.js';

const lookAgainMs = 5000;
const byId = (id) => document.getElementById(id);
const studio = byId('studio');
const place = byId('held');
const list = byId('exchanges');
const screen = byId('screen');
const pause = byId('pause');
const say = createSay(JSON.parse(studio.dataset.words));
let working = Promise.resolve();

const tell = (text) => {
  byId('news').textContent = text;
};

/* Everything that is shown comes from the server, so that there is one place that says how a call looks. */
async function fetchPage(url) {
  const answer = await fetch(url, { headers: { Accept: 'text/html' } });
  if (!answer.ok) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
}

const post = (url, fields) =>
  fetch(url, {
    method: 'POST',
    headers: { Accept: 'application/json' },
    body: new URLSearchParams(fields),
    redirect: 'manual',
  });

async function showHeld(held) {
  const current = place.querySelector('.held')?.dataset.held;
  document.body.classList.toggle('is-holding', held.length > 0);
  byId('waits').hidden = held.length === 0;
  if (current === held[0] && current !== undefined) return;
  const page = await fetchPage('/studio/held');
  const fresh = page.querySelector('.held, .held-none');
  if (!fresh) return;
  place.replaceChildren(fresh);
  if (!fresh.matches('.held')) return;
  tell(say('held', { call: fresh.querySelector('h2').textContent }));
  markChanges(fresh);
  // A person who types into the phone must not lose the place; from within this page the new call is what comes next.
  if (document.activeElement !== screen) fresh.querySelector('h2').focus({ preventScroll: true });
  place.scrollTo({ top: 0 });
}

async function addSteps(count) {
  if (Number(studio.dataset.count) >= count) return;
  const page = await fetchPage(`/inspector/steps?after=${studio.dataset.count}`);
  const rows = [...page.querySelectorAll('li.exchange')].filter(
    (row) => Number(row.dataset.number) > Number(studio.dataset.count),
  );
  for (const row of rows) {
    localizeTimes(row);
    row.classList.add('is-new');
    // The newest first: what just happened stands beside what happens next.
    list.prepend(row);
    studio.dataset.count = row.dataset.number;
  }
  byId('empty').hidden = list.children.length > 0;
}

async function show({ journey, count, held, isPausing }) {
  pause.setAttribute('aria-checked', String(isPausing));
  if (studio.dataset.journey !== journey) {
    studio.dataset.journey = journey;
    studio.dataset.count = '0';
    list.replaceChildren();
    byId('empty').hidden = false;
  }
  await Promise.all([showHeld(held), addSteps(count)]);
}

function follow() {
  const source = new EventSource('/studio/events');
  source.addEventListener('state', (event) => {
    const state = JSON.parse(event.data);
    working = working.then(() => show(state)).catch(() => undefined);
  });
  source.addEventListener('error', () => {
    // While it says CONNECTING the browser tries again by itself; CLOSED means that it has given up.
    if (source.readyState === EventSource.CLOSED) setTimeout(follow, lookAgainMs);
  });
}

function markChanges(root) {
  for (const field of root.querySelectorAll('[data-shown]')) {
    const row = field.closest('.edit-row, .edit-text, .edit-check');
    row?.classList.toggle('is-changed', field.value !== field.dataset.shown);
  }
}

function setField(form, name, value) {
  const field = form.elements[name];
  if (!field) return;
  field.value = value;
  const box = form.querySelector('[data-signed]');
  if (name === 'signed' && box) box.checked = value === 'yes';
}

place.addEventListener('input', ({ target }) => {
  if (target.matches('[data-signed]')) target.form.elements.signed.value = target.checked ? 'yes' : 'no';
  markChanges(place);
});

place.addEventListener('click', ({ target }) => {
  const form = place.querySelector('form');
  const suggestion = target.closest('[data-try]');
  if (suggestion) {
    for (const [name, value] of Object.entries(JSON.parse(suggestion.dataset.try)))
      setField(form, name, value);
    const changed = form.querySelector(`[name="${Object.keys(JSON.parse(suggestion.dataset.try))[0]}"]`);
    changed?.scrollIntoView({ block: 'nearest' });
    markChanges(place);
  }
  if (target.closest('[data-reset]')) {
    for (const field of form.querySelectorAll('[data-shown]'))
      setField(form, field.name, field.dataset.shown);
    markChanges(place);
    tell(say('reset'));
  }
});

place.addEventListener('submit', async (event) => {
  event.preventDefault();
  const form = event.target;
  const action = event.submitter?.value ?? 'send';
  const problems = form.querySelector('[data-problems]');
  problems.hidden = true;
  const fields = new FormData(form);
  fields.set('action', action);
  const answer = await post(form.getAttribute('action'), fields).catch(() => undefined);
  if (answer?.status === 400) {
    const { error } = await answer.json();
    problems.textContent = (error.details ?? []).map(({ path, message }) => `${path}: ${message}`).join(' ');
    problems.hidden = false;
    return;
  }
  if (answer?.status === 404) tell(say('gone'));
  else if (answer === undefined || answer.status >= 400) location.reload();
  else tell(say('sent'));
});

pause.addEventListener('click', () => {
  const on = pause.getAttribute('aria-checked') !== 'true';
  pause.setAttribute('aria-checked', String(on));
  post('/studio/pause', { on: on ? 'yes' : 'no' });
});
byId('restart').addEventListener('click', async () => {
  await post('/studio/restart', {});
  screen.src = '/';
});
byId('home').addEventListener('click', () => {
  screen.src = '/';
});
byId('back').addEventListener('click', () => screen.contentWindow.history.back());

document.addEventListener('submit', copySigned);

list.addEventListener(
  'toggle',
  ({ target }) => {
    if (target instanceof HTMLDetailsElement && target.open) prepareBody(target, '✓');
  },
  true,
);

setInterval(() => {
  const held = place.querySelector('.held');
  if (!held) return;
  const seconds = Math.max(0, Math.round((Number(held.dataset.ends) - Date.now()) / 1000));
  held.querySelector('[data-clock]').textContent =
    `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}, 500);

for (const row of [...list.children].reverse()) list.append(row);
byId('controls').hidden = false;
markChanges(place);
follow();
