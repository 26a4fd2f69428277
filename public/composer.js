import { fieldOfPath, fieldsOfMeta, metaWithFields, splitList } from './file-meta.js';
import { safeName } from './words.js';

const fieldNames = ['accountId', 'reference', 'tags', 'mimeType'];

/* A problem is said as the end of a sentence that begins with what it is about: "Tags 2 is too long". */
function sentenceOf(field, { path, message }) {
  if (/^\p{Lu}/u.test(message)) return message;
  const label =
    field === 'fileMeta'
      ? field
      : document.querySelector(`label[for="${field}"]`).firstChild.textContent.trim();
  const entry = /\b(?:tags|reference)\[(\d+)\]/.exec(path)?.[1];
  return `${label}${entry === undefined ? '' : ` ${Number(entry) + 1}`} ${message}`;
}

const asText = (meta) => JSON.stringify(meta, null, 2);

/*
 * The fields that describe one file, and beside them the same as JSON; each follows the other.
 * An item is `{ text, problems?, file? }`; what is typed goes into the `text` of the one that is shown.
 */
export function createComposer(form, say) {
  const area = document.getElementById('composer');
  const described = document.getElementById('described');
  const json = form.elements.fileMeta;
  const inputs = fieldNames.map((name) => form.elements[name]);
  const readFields = () => Object.fromEntries(inputs.map((input) => [input.name, input.value]));
  let shown = {};
  json.disabled = false;

  function parse(text) {
    const meta = JSON.parse(text);
    if (meta === null || typeof meta !== 'object' || Array.isArray(meta))
      throw new TypeError(say('notObject'));
    return meta;
  }

  function parseOr(text, otherwise) {
    try {
      return parse(text);
    } catch {
      return otherwise;
    }
  }

  function setProblem(field, message) {
    const place = document.getElementById(`${field}-error`);
    place.textContent = message;
    place.hidden = message === '';
    if (message === '') form.elements[field].removeAttribute('aria-invalid');
    else form.elements[field].setAttribute('aria-invalid', 'true');
  }

  function showProblems(problems) {
    const messages = { file: [], accountId: [], tags: [], reference: [], mimeType: [], fileMeta: [] };
    for (const problem of problems) {
      const field = fieldOfPath(problem.path) ?? 'file';
      messages[field].push(sentenceOf(field, problem));
    }
    for (const [field, said] of Object.entries(messages)) setProblem(field, said.join(' '));
    const first = Object.keys(messages).find((field) => messages[field].length > 0);
    if (first) form.elements[first].focus();
  }

  function check() {
    try {
      const fields = fieldsOfMeta(parse(json.value));
      for (const input of inputs) input.value = fields[input.name];
      setProblem('fileMeta', '');
      return true;
    } catch (error) {
      setProblem('fileMeta', say('notJson', { reason: error.message }));
      return false;
    }
  }

  function followFields(name) {
    // What the JSON says beyond the fields stays; JSON that can't be read is said anew by them.
    json.value = asText(metaWithFields(parseOr(json.value, {}), readFields()));
    shown.text = json.value;
    setProblem(name, '');
    setProblem('fileMeta', '');
  }

  for (const input of inputs) input.addEventListener('input', () => followFields(input.name));
  json.addEventListener('input', () => {
    shown.text = json.value;
    check();
  });
  for (const tag of document.querySelectorAll('#suggestions [data-tag]')) {
    const button = document.createElement('button');
    Object.assign(button, { type: 'button', className: 'tag', textContent: tag.dataset.tag });
    button.setAttribute('aria-label', say('addTag', { tag: tag.dataset.tag }));
    button.addEventListener('click', () => {
      const tags = splitList(form.elements.tags.value);
      if (!tags.includes(tag.dataset.tag)) form.elements.tags.value = [...tags, tag.dataset.tag].join(', ');
      followFields('tags');
    });
    tag.replaceWith(button);
  }

  return {
    /* Tells whether the JSON that is shown can be read, and says so at its field when not. */
    check,
    showProblems,
    focusJson: () => json.focus(),
    show(item) {
      shown = item;
      json.value = item.text;
      described.textContent = safeName(item.file?.name ?? '');
      if (!check()) return;
      if (item.problems?.length > 0) showProblems(item.problems);
    },
    /* Nothing can be changed while there is no file to change it for. */
    setEnabled(enabled) {
      area.inert = !enabled;
    },
    /* The description that a new file starts with: what was typed before it for the first, the account for others. */
    startText(mimeType, isFirst) {
      const fields = readFields();
      const typed = isFirst
        ? parseOr(json.value, {})
        : metaWithFields({}, { ...fields, tags: '', reference: '' });
      return asText(isFirst && typed.mimeType ? typed : { ...typed, mimeType });
    },
    /* What the fields say, for the time before there is a file. */
    draft: () => ({ text: json.value.trim() || asText(metaWithFields({}, readFields())) }),
  };
}
