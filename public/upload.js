import { keepChosen, keptHere, noteChosen } from './chosen-files.js';
import { createComposer } from './composer.js';
import { fieldOfPath, mimeTypeOf } from './file-meta.js';
import { FileRow } from './file-row.js';
import { watchFileSources } from './file-sources.js';
import { contradictionOf, readFirstBytes, typeOfBytes } from './first-bytes.js';
import { followPush } from './follow.js';
import { dropFile, keepFile, newKey } from './kept-files.js';
import { sendFile } from './send-file.js';
import { createSay, formatBytes, formatPercent, formatTime, safeName } from './words.js';

const find = (id) => document.getElementById(id);
const form = find('upload');
const zone = find('drop-zone');
const say = createSay(JSON.parse(form.dataset.words));
const sayField = createSay(JSON.parse(form.dataset.fieldWords));
const composer = createComposer(form, { say, sayField }, shareDescription);
const maxBytes = Number(form.dataset.maxBytes);

/* Every file chosen here: { file, bytes, key, text, apart, sentText?, problems, row, state, cancel?, push?, outcome? };
   state: ready, problem (can be changed and sent), waiting, uploading, stored (it has a push);
   apart: it is described by itself, while the others share one description. */
const items = [];
let current;

const isOpen = (item) => item.state === 'ready' || item.state === 'problem';
const openItems = () => items.filter(isOpen);

async function addFiles(files) {
  const refused = [];
  const taken = [];
  for (const file of [...files]) {
    const sizes = { name: safeName(file.name), size: formatBytes(file.size), max: formatBytes(maxBytes) };
    if (file.size === 0) refused.push({ path: 'file', message: say('empty', sizes) });
    else if (file.size > maxBytes) refused.push({ path: 'file', message: say('tooLarge', sizes) });
    else taken.push(file);
  }
  for (const file of taken) {
    const bytes = await readFirstBytes(file).catch(() => undefined);
    // A folder that was dropped looks like a file until it is read.
    if (bytes === undefined)
      refused.push({ path: 'file', message: say('unreadable', { name: safeName(file.name) }) });
    else {
      const item = add({ file, bytes });
      item.kept = keepChosen(item);
    }
  }
  if (!current) choose(openItems()[0]);
  composer.showProblems(refused);
  render();
}

function add({ file, bytes, ...kept }) {
  const isFirst = items.length === 0;
  const item = {
    file,
    bytes,
    key: isFirst ? form.elements.idempotencyKey.value : newKey(),
    text: composer.startText(mimeTypeOf(file, typeOfBytes(bytes)), isFirst),
    apart: false,
    ...kept,
    problems: [],
    row: new FileRow(find('file-row'), safeName(file.name), formatBytes(file.size)),
    state: 'ready',
  };
  item.row.say(say('ready'), 'ready');
  items.push(item);
  find('files').append(item.row.element);
  return item;
}

/* A description is for every file that is still to be sent, unless one was told apart. */
function shareDescription() {
  if (current && !current.apart)
    composer.copyTo(openItems().filter((item) => item !== current && !item.apart));
  if (current) noteChosen(openItems());
}

function choose(item) {
  current = item;
  if (item) composer.show(item);
}

function remove(item) {
  items.splice(items.indexOf(item), 1);
  item.row.element.remove();
  dropKept(item);
  if (item === current) choose(openItems()[0]);
  render();
  form.elements.file.focus();
}

function tell(item, message, look = item.state) {
  item.row.say(message, look);
  find('news').textContent = say('announceState', { name: safeName(item.file.name), state: message });
}

/* What the app would refuse when all of it had arrived is said before the first byte is sent. */
function problemsOf(item) {
  const declared = composer.mimeTypeOf(item);
  const wrong = composer.problemsOf(item);
  const contradiction = contradictionOf(declared, item.bytes);
  if (contradiction)
    wrong.push({
      path: 'fileMeta.mimeType',
      message: sayField(contradiction.message, { declared, found: contradiction.found }),
    });
  return wrong;
}

/* Sends the chosen ones, one after the other. */
function ask(chosen) {
  if (chosen.length === 0) return composer.showProblems([{ path: 'file', message: say('noFile') }]);
  for (const item of chosen) item.problems = problemsOf(item);
  const wrong = chosen.find(({ problems }) => problems.length > 0);
  if (wrong) {
    wrong.state = 'problem';
    wrong.row.say(say('wrong'), 'failed');
    choose(wrong);
    return render();
  }
  for (const item of chosen) {
    item.state = 'waiting';
    item.row.say(say('waiting'), 'waiting');
    keep(item, true);
  }
  sendNext();
  chosen[0].row.focus();
}

/* Kept in the browser until it has arrived: see kept-files.js. */
function keep(item, isSending) {
  const { key, file, text, apart, uploadUrl } = item;
  item.kept = keepFile({ key, file, text, apart, isSending, ...(uploadUrl && { uploadUrl }) });
}

async function sendNext() {
  const item = items.find(({ state }) => state === 'waiting');
  if (item && !items.some(({ state }) => state === 'uploading')) {
    // A key stands for one content: with another description it is another push.
    if (item.sentText !== undefined && item.sentText !== item.text) startAnew(item);
    item.sentText = item.text;
    item.state = 'uploading';
    tell(item, say('uploading'));
    const { key, text: fileMeta, file, uploadUrl } = item;
    const connection = form.elements.connection.value;
    const sending = sendFile(
      { action: form.action, endpoint: form.dataset.resumable, key, connection, fileMeta, file, uploadUrl },
      { ...reporterFor(item), stallMs: Number(form.dataset.stallMs) },
    );
    item.cancel = sending.cancel;
    item.retryNow = sending.again;
    sending.done.then((answer) => settle(item, answer));
  }
  if (!current || !isOpen(current)) choose(openItems()[0]);
  render();
}

function startAnew(item) {
  dropFile(item.key);
  item.key = newKey();
  item.uploadUrl = undefined;
  keep(item, true);
}

function reporterFor(item) {
  let quarters = 0;
  let percent = formatPercent(0);
  return {
    onUrl(address) {
      item.uploadUrl = address;
      keep(item, true);
    },
    onWaiting(error) {
      item.isHeldUp = true;
      tell(item, error?.message ?? say('network', { percent }), 'held-up');
      render();
    },
    onProgress({ sent, total, msLeft }) {
      const share = sent / total;
      percent = formatPercent(share);
      if (item.isHeldUp) {
        item.isHeldUp = false;
        tell(item, say('resumed', { percent }), 'uploading');
        render();
      }
      const words = say('progress', { percent, sent: formatBytes(sent), total: formatBytes(total) });
      item.row.progress(
        share,
        share < 1 ? `${words} · ${say('timeLeft', { time: formatTime(msLeft) })}` : say('checking'),
      );
      if (Math.floor(share * 4) === quarters) return;
      // Every quarter is enough to hear.
      quarters = Math.floor(share * 4);
      find('news').textContent = say('announceProgress', { name: safeName(item.file.name), percent });
    },
  };
}

/* Only when this is done may the page be left: what is still kept would be taken up again by the next one. */
async function dropKept(item) {
  await item.kept;
  await dropFile(item.key);
}

function settle(item, { push, error, cancelled }) {
  item.isHeldUp = false;
  if (push) {
    item.state = 'stored';
    item.push = push;
    const dropped = dropKept(item);
    tell(item, say('stored'));
    if (items.length === 1) return void dropped.then(() => location.assign(push.links.self));
    if (push.links.events) followPush(push.links, ({ state }) => showState(item, state));
  } else if (cancelled) {
    item.state = 'ready';
    dropFile(item.key);
    item.uploadUrl = undefined;
    tell(item, say('cancelled'));
  } else if (error?.code === 'ConnectionNotFound') {
    return holdForReconnect(item);
  } else {
    item.state = 'problem';
    dropFile(item.key);
    item.uploadUrl = undefined;
    item.problems = (error?.details ?? []).filter(({ path }) => fieldOfPath(path));
    if (error?.code === 'IdempotencyConflict') item.key = newKey();
    tell(item, error?.message ?? say('unclear'), 'failed');
  }
  render();
  // Never away from the one that is being described.
  if (!push && (!current || !isOpen(current) || current === item)) choose(item);
  sendNext();
}

/* The visit ended: the files wait in this browser until the person is back from digi.me. */
async function holdForReconnect(lost) {
  for (const item of items.filter((other) => other === lost || other.state === 'waiting')) {
    item.state = 'problem';
    item.uploadUrl = undefined;
    keep(item, false);
    item.row.say(say((await item.kept) ? 'held' : 'lostVisit'), 'held-up');
  }
  find('reconnect').hidden = false;
  find('reconnect').focus();
  render();
}

function showState(item, state) {
  item.outcome = state;
  tell(item, say(state), state);
  render();
}

function actionsOf(item) {
  const name = safeName(item.file.name);
  const action = (key, act) => ({ label: say(key), name, act });
  if (item.state === 'stored') return [{ label: say('open'), name, href: item.push.links.self }];
  const held = item.isHeldUp ? [action('retry', () => item.retryNow())] : [];
  if (item.state === 'uploading') return [...held, action('cancel', item.cancel)];
  const apart =
    openItems().length > 1 && isOpen(item) && !(item === current && item.apart)
      ? [
          action('edit', () => {
            item.apart = true;
            choose(item);
            render();
            form.elements.tags.focus();
          }),
        ]
      : [];
  const retry = item.state === 'problem' ? [action('retry', () => ask([item]))] : [];
  return [...retry, ...apart, action('remove', () => remove(item))];
}

function renderSummary() {
  const isOver =
    items.length > 1 &&
    items.every(({ outcome }) => outcome !== undefined && outcome !== 'pushing' && outcome !== 'queued');
  if (isOver && find('summary').hidden) {
    const delivered = items.filter(({ outcome }) => outcome === 'delivered').length;
    find('summary-text').textContent = say(delivered === items.length ? 'allDelivered' : 'someDelivered', {
      delivered,
      count: items.length,
    });
    find('summary').hidden = false;
    find('summary').focus();
  } else if (!isOver) find('summary').hidden = true;
}

function render() {
  const open = openItems();
  const shared = open.filter(({ apart }) => !apart);
  for (const item of items) {
    item.row.mark(item === current && item.apart);
    item.row.offer(actionsOf(item));
  }
  zone.classList.toggle('has-files', items.length > 0);
  find('files-area').hidden = items.length === 0;
  find('send-actions').hidden = items.length > 0 && open.length === 0;
  composer.setEnabled(items.length === 0 || open.length > 0);
  find('send-label').textContent = open.length > 1 ? say('sendAll', { count: open.length }) : say('send');
  find('described').textContent =
    open.length < 2
      ? ''
      : current?.apart
        ? safeName(current.file.name)
        : say('forAll', { count: shared.length });
  renderSummary();
  noteChosen(open);
  // The browser's own words beside the button ("2 files") follow what is still to be sent.
  const transfer = new DataTransfer();
  for (const { file } of open) transfer.items.add(file);
  form.elements.file.files = transfer.files;
}

/* What a page before this one did not finish: it goes on, or waits to be sent where the person was away at digi.me. */
async function takeUpKept() {
  const taken = [];
  for (const { file, isSending, isChosen: _, keptAt: __, ...rest } of await keptHere()) {
    // It was chosen while this looked.
    if (items.some(({ key }) => key === rest.key)) continue;
    const bytes = await readFirstBytes(file).catch(() => undefined);
    if (bytes) taken.push([add({ file, bytes, ...rest }), isSending]);
    else dropFile(rest.key);
  }
  if (taken.length === 0) return;
  for (const [item, isSending] of taken) {
    item.sentText = item.text;
    tell(item, say(isSending ? 'takenUp' : 'stillHere'));
  }
  choose(openItems()[0]);
  render();
  const unfinished = taken.filter(([, isSending]) => isSending).map(([item]) => item);
  if (unfinished.length > 0) ask(unfinished);
}

form.noValidate = true;
form.elements.file.multiple = true;
composer.show(composer.draft());

watchFileSources(form.elements.file, zone, find('sample'), addFiles);
form.addEventListener('submit', (event) => {
  event.preventDefault();
  ask(openItems());
});
window.addEventListener('beforeunload', (event) => {
  // What is kept goes on by itself when the page is open again.
  if (items.some(({ state, uploadUrl }) => state === 'uploading' && !uploadUrl)) event.preventDefault();
});
window.addEventListener('pageshow', (event) => {
  // Back from the page of a push: the form would carry a key that is spent.
  if (event.persisted && items.length === 1) location.reload();
});
takeUpKept();
