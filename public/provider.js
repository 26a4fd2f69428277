import { Editor } from './provider-editor.js';
import { ProblemList } from './provider-problems.js';
import { RepairView } from './provider-repair.js';
import { askForCheck, newKey, sendResource } from './provider-send.js';
import { createSay, formatBytes } from './words.js';

const find = (id) => document.getElementById(id);
const form = find('provider');
const say = createSay(JSON.parse(form.dataset.words));
const maxBytes = Number(form.dataset.maxBytes);
const editor = new Editor(find('editor'));
const list = new ProblemList(find('result'), say, (problem) => editor.goTo(problem));
const repairs = new RepairView(
  say,
  () => editor.text,
  (text) => {
    replaceText(text);
    find('resource').focus();
  },
);
const settings = () => ({
  connection: form.elements.connection?.value,
  accountId: form.elements.accountId?.value || undefined,
  version: form.elements.version.value,
  resource: editor.text,
  sendAnyway: form.elements.sendAnyway.checked && !find('anyway').hidden,
});

let timer;
let asking;
let before;
let lastSent;

function sizeProblem(text) {
  const size = new Blob([text]).size;
  return size > maxBytes && say('tooLarge', { size: formatBytes(size), max: formatBytes(maxBytes) });
}

/* Asks the server, which is the one place that knows the rules; an answer that was overtaken is not shown. */
async function check({ format = false } = {}) {
  clearTimeout(timer);
  asking?.abort();
  const text = editor.text;
  if (text.trim() === '') return show([], say('nothing'));
  const tooLarge = sizeProblem(text);
  if (tooLarge) return show([], tooLarge, 'is-wrong');
  asking = new AbortController();
  const { signal } = asking;
  list.say(say('checking'));
  const answer = await askForCheck(settings(), signal, { format });
  if (signal.aborted) return;
  if (!answer.problems) return show([], answer.message ?? say('unclear'), 'is-wrong');
  if (answer.formatted !== undefined && answer.formatted !== text) putText(answer.formatted);
  find('anyway').hidden = answer.verdict !== 'overridable';
  show(answer.problems);
}

function show(problems, message, look) {
  editor.mark(problems);
  repairs.offer(problems);
  list.show(problems, message, look);
}

/* The answer to a button: the list has the focus, and the first line in question is in view. */
function showResult() {
  const line = list.firstLine();
  if (line) editor.reveal(line);
  list.focus();
}

function checkSoon() {
  clearTimeout(timer);
  // A long text takes a moment to send and to check: not after every key.
  timer = setTimeout(check, editor.text.length > 200_000 ? 1500 : 400);
}

/* Puts another text in; the one that was there can be had back. */
function putText(text) {
  repairs.forget();
  before = editor.text;
  editor.text = text;
  find('put-back').hidden = before.trim() === '';
}

function replaceText(text) {
  form.elements.sendAnyway.checked = false;
  putText(text);
  check();
}

async function loadFile(file) {
  if (!file) return;
  form.elements.file.value = '';
  if (file.size > maxBytes)
    return show(
      [],
      say('tooLarge', { size: formatBytes(file.size), max: formatBytes(maxBytes) }),
      'is-wrong',
    );
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
    replaceText(text.replace(/\r\n/g, '\n'));
  } catch {
    show([], say('notUtf8'), 'is-wrong');
  }
}

async function loadExample(link) {
  try {
    const answer = await fetch(link.href, { headers: { Accept: 'application/json' } });
    const { resource } = await answer.json();
    if (typeof resource !== 'string') throw new TypeError('no example came');
    replaceText(resource);
    find('resource').focus();
  } catch {
    location.assign(link.href);
  }
}

async function send() {
  const tooLarge = sizeProblem(editor.text);
  if (editor.text.trim() === '' || tooLarge) {
    show([], tooLarge || say('nothing'), 'is-wrong');
    return list.focus();
  }
  const body = JSON.stringify(settings());
  // A key stands for one content: what was changed since is another push.
  if (lastSent !== undefined && lastSent !== body) form.elements.idempotencyKey.value = newKey();
  lastSent = body;
  setBusy(true);
  list.say(say('sending'));
  // The form's buttons named "action" stand before its property.
  const { push, error } = await sendResource(
    form.getAttribute('action'),
    form.elements.idempotencyKey.value,
    body,
  );
  if (push) return location.assign(push.links.self);
  setBusy(false);
  if (error.code === 'IdempotencyConflict') form.elements.idempotencyKey.value = newKey();
  if (error.code === 'ProviderResourceInvalid') await check();
  else show([], error.message ?? say('dead'), 'is-wrong');
  showResult();
}

function setBusy(busy) {
  find('send').disabled = busy || !form.elements.connection;
  find('check').disabled = busy;
}

find('resource').addEventListener('input', () => {
  // The choice was about what stood there before.
  form.elements.sendAnyway.checked = false;
  repairs.forget();
  checkSoon();
});
form.elements.file.addEventListener('change', () => loadFile(form.elements.file.files[0]));
find('put-back').addEventListener('click', () => replaceText(before));
find('check').addEventListener('click', (event) => {
  event.preventDefault();
  check().then(showResult);
});
find('format').addEventListener('click', (event) => {
  event.preventDefault();
  // The server lays it out, since JSON.parse would take the last zero off 78.40.
  check({ format: true }).then(showResult);
});
for (const link of document.querySelectorAll('[data-example]')) {
  link.addEventListener('click', (event) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    loadExample(link);
  });
}
form.addEventListener('submit', (event) => {
  event.preventDefault();
  send();
});
for (const name of ['dragover', 'drop']) {
  find('editor').addEventListener(name, (event) => {
    if (![...event.dataTransfer.types].includes('Files')) return;
    event.preventDefault();
    if (name === 'drop') loadFile(event.dataTransfer.files[0]);
  });
}
window.addEventListener('pageshow', (event) => {
  // Back from the page of a push: the text is still here, its key is spent.
  if (!event.persisted) return;
  form.elements.idempotencyKey.value = newKey();
  setBusy(false);
});

list.adopt();
if (editor.text.trim() !== '') check();
