import { createSay } from './words.js';

const find = (id) => document.getElementById(id);
const form = find('make');
const say = createSay(JSON.parse(form.dataset.words));
const shownLines = find('made-lines');
const state = find('made-state');
/* A larger file is not sent with every key: its place is shown with the button. */
const smallFile = 200_000;

let timer;
let asking;

/* The clocks of this browser, and now, where nothing has been typed. */
function setClocks() {
  find('zone').value = Intl.DateTimeFormat().resolvedOptions().timeZone || find('zone').value;
  find('zone-hint').textContent = say('zone', { zone: find('zone').value });
  const now = new Date();
  const local = new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
  for (const name of ['takenAt', 'writtenAt']) {
    const field = form.elements[name];
    if (field && field.value === '') field.value = local;
  }
}

/* Asks the server, which is the one place that makes bundles; an answer that was overtaken is not shown. */
async function make() {
  asking?.abort();
  asking = new AbortController();
  const { signal } = asking;
  const body = new FormData(form);
  const file = body.get('file');
  if (file && (file.size === 0 || file.size > smallFile)) body.delete('file');
  try {
    const answer = await fetch(form.getAttribute('action'), {
      method: 'POST',
      headers: { accept: 'application/json' },
      body,
      signal,
    });
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.json());
  } catch {
    if (!signal.aborted) state.textContent = say('unclear');
  }
}

function show({ lines, places, problems }) {
  shownLines.replaceChildren(
    ...lines.map(({ text, field }, index) => {
      const line = document.createElement('span');
      line.className = field ? 'make-line is-filled' : 'make-line';
      line.id = `line-${index + 1}`;
      if (field) line.dataset.field = field;
      line.textContent = `${text}\n`;
      return line;
    }),
  );
  for (const list of document.querySelectorAll('[data-places]')) {
    const own = places.filter(({ field }) => field === list.dataset.places);
    list.hidden = own.length === 0;
    list.replaceChildren(
      ...own.flatMap(({ path, line }) => {
        const link = document.createElement('a');
        link.href = `#line-${line}`;
        link.textContent = path;
        return [link, ' '];
      }),
    );
  }
  const words = say(problems.length === 0 ? 'complete' : 'incomplete');
  if (state.textContent !== words) state.textContent = words;
  point(document.activeElement);
}

/* The lines of the field that has the focus are pointed at, and come into view within their own box. */
function point(field) {
  const name = field?.closest('.make .field')?.querySelector('[data-places]')?.dataset.places;
  let first;
  for (const line of shownLines.children) {
    const isHere = name !== undefined && line.dataset.field === name;
    line.classList.toggle('is-here', isHere);
    if (isHere) first ??= line;
  }
  if (first) shownLines.scrollTop = first.offsetTop - shownLines.offsetTop - shownLines.clientHeight / 3;
}

form.addEventListener('input', () => {
  clearTimeout(timer);
  timer = setTimeout(make, 300);
});
form.addEventListener('focusin', ({ target }) => point(target));
find('show').hidden = !form.elements.file;
setClocks();
make();
