import { fieldOfPath, fieldsOfMeta, metaWithFields, problemsOfMeta, splitList } from './file-meta.js';

const fieldNames = ['accountId', 'reference', 'tags', 'mimeType'];

/* A problem is said as the end of a sentence that begins with what it is about: "Tags 2 is too long". */
function sentenceOf(field, { path, message }) {
  if (/^\p{Lu}/u.test(message)) return message;
  const about = document.getElementById(field).dataset.about ?? field;
  const entry = /\b(?:tags|reference)\[(\d+)\]/.exec(path)?.[1];
  return `${about}${entry === undefined ? '' : ` ${Number(entry) + 1}`} ${message}`;
}

const asText = (meta) => JSON.stringify(meta, null, 2);

/*
 * The fields that describe what is sent, and under "Details" the same as JSON; each follows the other.
 * An item is `{ text, problems?, file? }`; what is typed goes into the `text` of the one that is shown, and
 * `onChange()` is told of it. `saying` gives the words of the page and of what is wrong with a field.
 */
export function createComposer(form, { say, sayField }, onChange) {
  const area = document.getElementById('composer');
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

  function focus(field) {
    const details = form.elements[field].closest('details');
    if (details) details.open = true;
    form.elements[field].focus();
  }

  function showProblems(problems) {
    const messages = { file: [], tags: [], accountId: [], reference: [], mimeType: [], fileMeta: [] };
    for (const problem of problems) {
      const field = fieldOfPath(problem.path) ?? 'file';
      messages[field].push(sentenceOf(field, problem));
    }
    for (const [field, said] of Object.entries(messages)) setProblem(field, said.join(' '));
    const first = Object.keys(messages).find((field) => messages[field].length > 0);
    if (first) focus(first);
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
    onChange();
  }

  for (const input of inputs) input.addEventListener('input', () => followFields(input.name));
  json.addEventListener('input', () => {
    shown.text = json.value;
    if (check()) onChange();
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

  /* The description that a file starts with: what was typed, for a file of this type. */
  function startText(mimeType, keepsTyped) {
    const typed = metaWithFields(parseOr(json.value, {}), readFields());
    return asText(keepsTyped && typed.mimeType ? typed : { ...typed, mimeType });
  }

  return {
    showProblems,
    show(item) {
      shown = item;
      json.value = item.text;
      if (check() && item.problems?.length > 0) showProblems(item.problems);
    },
    /* Nothing can be changed while there is no file to change it for. */
    setEnabled(enabled) {
      area.hidden = !enabled;
    },
    startText,
    /* Says of these files too what the shown one says; each keeps its own type. */
    copyTo(items) {
      for (const item of items) item.text = startText(String(parseOr(item.text, {}).mimeType ?? ''), false);
    },
    mimeTypeOf: (item) => String(parseOr(item.text, {}).mimeType ?? ''),
    /* What the app would refuse in this item's description, in words: `[{ path, message }]`. */
    problemsOf({ text }) {
      try {
        return problemsOfMeta(parse(text)).map(({ path, message }) => ({ path, message: sayField(message) }));
      } catch (error) {
        return [{ path: 'fileMeta', message: say('notJson', { reason: error.message }) }];
      }
    },
    /* What the fields say, for the time before there is a file. */
    draft: () => ({ text: json.value.trim() || asText(metaWithFields({}, readFields())) }),
  };
}
