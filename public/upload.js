import { fieldOfPath, fieldsOfMeta, metaWithFields, mimeTypeOf, splitList } from './file-meta.js';
import { FileRow } from './file-row.js';
import { followPush } from './follow.js';
import { sendFile } from './send-file.js';
import { createSay, formatBytes, formatPercent, formatTime } from './words.js';

const find = (id) => document.getElementById(id);
const form = find('upload');
const news = find('news');
const json = form.elements.fileMeta;
const inputs = Object.fromEntries(
  ['accountId', 'reference', 'tags', 'mimeType'].map((name) => [name, form.elements[name]]),
);
const say = createSay(JSON.parse(form.dataset.words));
const maxBytes = Number(form.dataset.maxBytes);
const firstFields = readFields();

/* Every file chosen on this page: { file, key, text (of fileMeta), state, problems, row, cancel? }. */
const items = [];
let current;

const isOpen = (item) => item.state === 'ready' || item.state === 'problem';

function readFields() {
  return Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.value]));
}

function parseMeta(text) {
  const meta = JSON.parse(text);
  if (meta === null || typeof meta !== 'object' || Array.isArray(meta)) throw new TypeError(say('notObject'));
  return meta;
}

function newKey() {
  // randomUUID is missing on plain http addresses other than localhost.
  return (
    crypto.randomUUID?.() ??
    Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join(
      '',
    )
  );
}

function showProblem(field, message) {
  const place = find(`${field}-error`);
  place.textContent = message;
  place.hidden = message === '';
  form.elements[field].toggleAttribute('aria-invalid', message !== '');
  if (message !== '') form.elements[field].setAttribute('aria-invalid', 'true');
}

function showProblems(problems) {
  const byField = { file: [], fileMeta: [], accountId: [], reference: [], tags: [], mimeType: [] };
  for (const { path, message } of problems) byField[fieldOfPath(path) ?? 'file'].push(message);
  for (const [field, messages] of Object.entries(byField)) showProblem(field, messages.join(' '));
  const [first] = Object.entries(byField).find(([, messages]) => messages.length > 0) ?? [];
  if (first) form.elements[first].focus();
}

function addFiles(files) {
  const refused = [];
  for (const file of files) {
    const name = file.name;
    if (file.size === 0) refused.push({ path: 'file', message: say('empty', { name }) });
    else if (file.size > maxBytes) {
      const sizes = { size: formatBytes(file.size), max: formatBytes(maxBytes) };
      refused.push({ path: 'file', message: say('tooLarge', { name, ...sizes }) });
    } else items.push(createItem(file));
  }
  form.elements.file.value = '';
  showProblems(refused);
  if (!current || !isOpen(current)) choose(items.find(isOpen));
  render();
}

function createItem(file) {
  // What was typed before the first file was chosen belongs to it; the later ones start from the same account.
  const fields = items.length === 0 ? readFields() : { ...firstFields, accountId: inputs.accountId.value };
  if (items.length > 0 || fields.mimeType === '') fields.mimeType = mimeTypeOf(file);
  const item = {
    file,
    key: items.length === 0 ? form.elements.idempotencyKey.value : newKey(),
    state: 'ready',
    problems: [],
  };
  item.text = JSON.stringify(metaWithFields({}, fields), null, 2);
  item.row = new FileRow(find('file-row'), file.name, formatBytes(file.size));
  find('files').append(item.row.element);
  return item;
}

function choose(item) {
  current = item;
  if (!item) return;
  json.value = item.text;
  fieldsFromJson();
  find('described').textContent = item.file.name;
  showProblems(item.problems);
}

function fieldsFromJson() {
  try {
    const fields = fieldsOfMeta(parseMeta(json.value));
    for (const [name, input] of Object.entries(inputs)) input.value = fields[name];
    showProblem('fileMeta', '');
    return true;
  } catch (error) {
    showProblem('fileMeta', say('notJson', { reason: error.message }));
    return false;
  }
}

function jsonFromFields() {
  let meta = {};
  try {
    meta = parseMeta(json.value);
  } catch {
    // What stands there can't be read; the fields say it anew.
  }
  json.value = JSON.stringify(metaWithFields(meta, readFields()), null, 2);
  showProblem('fileMeta', '');
}

function remember() {
  if (!current) return;
  // A key stands for one content: with another description it is another push.
  if (current.sentText !== undefined && current.sentText !== json.value) current.key = newKey();
  current.text = json.value;
}

async function send(item) {
  item.state = 'uploading';
  item.problems = [];
  item.sentText = item.text;
  let told = 0;
  const upload = sendFile(
    {
      action: form.action,
      key: item.key,
      connection: form.elements.connection.value,
      fileMeta: item.text,
      file: item.file,
    },
    ({ sent, total, msLeft }) => {
      const share = sent / total;
      const words = { percent: formatPercent(share), sent: formatBytes(sent), total: formatBytes(total) };
      item.row.progress(
        share,
        share < 1
          ? `${say('progress', words)} · ${say('timeLeft', { time: formatTime(msLeft) })}`
          : say('checking'),
      );
      // Every quarter is enough to hear.
      if (Math.floor(share * 4) > told) {
        told = Math.floor(share * 4);
        news.textContent = say('announceProgress', { name: item.file.name, percent: words.percent });
      }
    },
  );
  item.cancel = upload.cancel;
  render();
  settle(item, await upload.done);
  render();
  sendNext();
}

function settle(item, answer) {
  if (answer.push) {
    item.state = 'stored';
    item.push = answer.push;
    if (items.length === 1) return location.assign(answer.push.links.self);
    tell(item, say('stored'));
    followPush(answer.push.links, (push) =>
      tell(
        item,
        say(push.state === 'needs-reauthorization' ? 'needsReauthorization' : push.state),
        push.state,
      ),
    );
    return;
  }
  item.state = 'problem';
  if (answer.cancelled) item.state = 'ready';
  item.problems = (answer.error?.details ?? []).filter(({ path }) => fieldOfPath(path));
  if (answer.error?.code === 'IdempotencyConflict') item.key = newKey();
  tell(
    item,
    answer.cancelled
      ? say('cancelled')
      : answer.dead
        ? say('dead')
        : (answer.error.message ?? say('unclear')),
    answer.cancelled ? 'ready' : 'failed',
  );
  if (item.problems.length > 0) choose(item);
}

function tell(item, message, state = item.state) {
  item.row.say(message, state);
  news.textContent = say('announceState', { name: item.file.name, state: message });
}

function sendNext() {
  if (items.some((item) => item.state === 'uploading')) return;
  const next = items.find((item) => item.state === 'waiting');
  if (next) send(next);
}

function ask(chosen) {
  remember();
  if (items.length === 0) return showProblems([{ path: 'file', message: say('noFile') }]);
  if (current && isOpen(current) && !fieldsFromJson()) return json.focus();
  for (const item of chosen) {
    item.state = 'waiting';
    item.row.say(say('waiting'), 'waiting');
  }
  if (!current || !isOpen(current)) choose(items.find((item) => item.state === 'ready'));
  render();
  sendNext();
}
