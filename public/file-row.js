/* One file in the list: its name and size, how far it is, and what can be done with it. */
export class FileRow {
  #status;
  #progress;
  #actions;
  #offered = '';

  constructor(template, name, size) {
    this.element = template.content.firstElementChild.cloneNode(true);
    this.element.querySelector('.file-name').textContent = name;
    this.element.querySelector('.file-size').textContent = size;
    this.#status = this.element.querySelector('.file-status');
    this.#progress = this.element.querySelector('progress');
    this.#progress.setAttribute('aria-label', name);
    this.#actions = this.element.querySelector('.actions');
  }

  /* Says where the file is now; `look` is the class for it (`uploading`, `delivered`, `failed` …). */
  say(message, look) {
    this.#status.textContent = message;
    this.#progress.hidden = look !== 'uploading';
    this.element.className = `file-row is-${look}${this.element.matches('.is-chosen') ? ' is-chosen' : ''}`;
  }

  progress(share, message) {
    this.#progress.hidden = false;
    this.#progress.value = share * 100;
    this.#status.textContent = message;
  }

  mark(isChosen) {
    this.element.classList.toggle('is-chosen', isChosen);
  }

  /* Offers `[{ label, name, act? , href? }]`; the focus stays in the row when what had it goes away. */
  offer(actions) {
    const offered = actions.map(({ label }) => label).join();
    if (offered === this.#offered) return;
    this.#offered = offered;
    const hadFocus = this.#actions.contains(document.activeElement);
    this.#actions.replaceChildren(...actions.map(createAction));
    if (hadFocus) this.focus();
  }

  focus() {
    this.#actions.firstElementChild?.focus();
  }
}

function createAction({ label, name, act, href }) {
  const element = document.createElement(href ? 'a' : 'button');
  element.className = 'button is-small';
  element.textContent = label;
  element.setAttribute('aria-label', `${label}: ${name}`);
  if (href) element.href = href;
  else {
    element.type = 'button';
    element.addEventListener('click', act);
  }
  return element;
}
