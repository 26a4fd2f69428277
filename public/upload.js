import { createComposer } from './composer.js';
import { fieldOfPath, mimeTypeOf } from './file-meta.js';
import { FileRow } from './file-row.js';
import { followPush } from './follow.js';
import { sendFile } from './send-file.js';
import { createSay, formatBytes, formatPercent, formatTime, safeName } from './words.js';

const find = (id) => document.getElementById(id);
const form = find('upload');
const zone = find('drop-zone');
const say = createSay(JSON.parse(form.dataset.words));
const composer = createComposer(form, say);
const maxBytes = Number(form.dataset.maxBytes);

/* Every file chosen here: { file, key, text, sentText?, problems, row, state, cancel?, push? };
   state: ready, problem (can be changed and sent), waiting, uploading, stored (it has a push). */
const items = [];
let current;

const isOpen = (item) => item.state === 'ready' || item.state === 'problem';
const openItems = () => items.filter(isOpen);

function newKey() {
  if (crypto.randomUUID) return crypto.randomUUID();
  // It is missing on plain http addresses other than localhost.
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) =>
    byte.toString(16).padStart(2, '0'),
  ).join('');
}

function addFiles(files) {
  const refused = [];
  for (const file of files) {
    const sizes = { name: safeName(file.name), size: formatBytes(file.size), max: formatBytes(maxBytes) };
    if (file.size === 0) refused.push({ path: 'file', message: say('empty', sizes) });
    else if (file.size > maxBytes) refused.push({ path: 'file', message: say('tooLarge', sizes) });
    else add(file);
  }
  if (!current && items.length > 0) choose(openItems()[0]);
  composer.showProblems(refused);
  render();
}

function add(file) {
  const isFirst = items.length === 0;
  const item = {
    file,
    key: isFirst ? form.elements.idempotencyKey.value : newKey(),
    text: composer.startText(mimeTypeOf(file), isFirst),
    problems: [],
    row: new FileRow(find('file-row'), safeName(file.name), formatBytes(file.size)),
    state: 'ready',
  };
  item.row.say(say('ready'), 'ready');
  items.push(item);
  find('files').append(item.row.element);
}

function choose(item) {
  current = item;
  if (item) composer.show(item);
}

function remove(item) {
  items.splice(items.indexOf(item), 1);
  item.row.element.remove();
  if (item === current) choose(openItems()[0]);
  render();
  form.elements.file.focus();
}

function tell(item, message, look = item.state) {
  item.row.say(message, look);
  find('news').textContent = say('announceState', { name: safeName(item.file.name), state: message });
}

/* Sends the chosen ones, one after the other. */
function ask(chosen) {
  if (chosen.length === 0) return composer.showProblems([{ path: 'file', message: say('noFile') }]);
  if (chosen.includes(current) && !composer.check()) return composer.focusJson();
  for (const item of chosen) {
    item.state = 'waiting';
    item.problems = [];
    item.row.say(say('waiting'), 'waiting');
  }
  sendNext();
  chosen[0].row.focus();
}

async function sendNext() {
  const item = items.find(({ state }) => state === 'waiting');
  if (item && !items.some(({ state }) => state === 'uploading')) {
    // A key stands for one content: with another description it is another push.
    if (item.sentText !== undefined && item.sentText !== item.text) item.key = newKey();
    item.sentText = item.text;
    item.state = 'uploading';
    tell(item, say('uploading'));
    const { key, text: fileMeta, file } = item;
    const sending = sendFile(
      { action: form.action, key, connection: form.elements.connection.value, fileMeta, file },
      reporterFor(item),
    );
    item.cancel = sending.cancel;
    sending.done.then((answer) => settle(item, answer));
  }
  if (!current || !isOpen(current)) choose(openItems()[0]);
  render();
}

function reporterFor(item) {
  let quarters = 0;
  return ({ sent, total, msLeft }) => {
    const share = sent / total;
    const percent = formatPercent(share);
    const words = say('progress', { percent, sent: formatBytes(sent), total: formatBytes(total) });
    item.row.progress(
      share,
      share < 1 ? `${words} · ${say('timeLeft', { time: formatTime(msLeft) })}` : say('checking'),
    );
    if (Math.floor(share * 4) === quarters) return;
    // Every quarter is enough to hear.
    quarters = Math.floor(share * 4);
    find('news').textContent = say('announceProgress', { name: safeName(item.file.name), percent });
  };
}

function settle(item, { push, error, cancelled, dead }) {
  if (push) {
    item.state = 'stored';
    item.push = push;
    tell(item, say('stored'));
    if (items.length === 1) return location.assign(push.links.self);
    followPush(push.links, ({ state }) => tell(item, say(state), state));
  } else if (cancelled) {
    item.state = 'ready';
    tell(item, say('cancelled'));
  } else {
    item.state = 'problem';
    item.isDead = dead;
    item.problems = (error?.details ?? []).filter(({ path }) => fieldOfPath(path));
    if (error?.code === 'IdempotencyConflict') item.key = newKey();
    tell(item, dead ? say('dead') : (error.message ?? say('unclear')), 'failed');
  }
  render();
  // Never away from the one that is being described.
  if (!push && (!current || !isOpen(current) || current === item)) choose(item);
  sendNext();
}

function actionsOf(item) {
  const name = safeName(item.file.name);
  const action = (key, act) => ({ label: say(key), name, act });
  if (item.state === 'stored') return [{ label: say('open'), name, href: item.push.links.self }];
  if (item.state === 'uploading') return [action('cancel', item.cancel)];
  const others =
    item !== current && isOpen(item)
      ? [
          action('edit', () => {
            choose(item);
            render();
            form.elements.accountId.focus();
          }),
        ]
      : [];
  const retry = item.state === 'problem' ? [action('retry', () => ask([item]))] : [];
  return [...retry, ...others, action('remove', () => remove(item))];
}

function render() {
  const open = openItems();
  for (const item of items) {
    item.row.mark(item === current && items.length > 1);
    item.row.offer(actionsOf(item));
  }
  find('files-area').hidden = items.length === 0;
  find('send-actions').hidden = items.length > 0 && open.length === 0;
  find('send-label').textContent = open.length > 1 ? say('sendAll') : say('send');
  find('send-one').hidden = open.length < 2;
  composer.setEnabled(items.length === 0 || open.length > 0);
  // The browser's own words beside the button ("2 files") follow what is still to be sent.
  const transfer = new DataTransfer();
  for (const { file } of open) transfer.items.add(file);
  form.elements.file.files = transfer.files;
}

form.noValidate = true;
form.elements.file.multiple = true;
find('send-one').textContent = say('sendNext');
composer.show(composer.draft());

form.elements.file.addEventListener('change', () => addFiles(form.elements.file.files));
find('send-one').addEventListener('click', () => ask([current]));
form.addEventListener('submit', (event) => {
  event.preventDefault();
  ask(openItems());
});
for (const name of ['dragenter', 'dragover', 'dragleave', 'drop']) {
  // On the whole page, or a file dropped beside the zone would replace the page.
  document.addEventListener(name, (event) => {
    event.preventDefault();
    zone.classList.toggle(
      'is-over',
      (name === 'dragenter' || name === 'dragover') && zone.contains(event.target),
    );
    if (name === 'drop' && zone.contains(event.target)) addFiles(event.dataTransfer.files);
  });
}
window.addEventListener('online', () => {
  for (const item of items.filter(({ state, isDead }) => state === 'problem' && isDead))
    tell(item, say('online'), 'failed');
});
window.addEventListener('beforeunload', (event) => {
  if (items.some(({ state }) => state === 'uploading' || state === 'waiting')) event.preventDefault();
});
window.addEventListener('pageshow', (event) => {
  // Back from the page of a push: the form would carry a key that is spent.
  if (event.persisted && items.length === 1) location.reload();
});
