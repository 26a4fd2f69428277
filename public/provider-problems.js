/* The list of what a check found: built anew after each, or taken over from the page that the server made. */
export class ProblemList {
  constructor(section, say, goTo) {
    this.section = section;
    this.news = section.querySelector('[role="status"]');
    this.items = section.querySelector('ol');
    this.template = section.querySelector('template');
    this.words = say;
    this.goTo = goTo;
    this.items.addEventListener('click', (event) => {
      const place = event.target.closest('[data-line]');
      if (!place) return;
      event.preventDefault();
      this.goTo({ line: Number(place.dataset.line), column: Number(place.dataset.column) });
    });
  }

  /* With scripts the line is one click away: the copies of it are not needed. */
  adopt() {
    for (const copy of this.items.querySelectorAll('.provider-source')) copy.remove();
  }

  say(message) {
    if (this.news.textContent !== message) this.news.textContent = message;
  }

  firstLine() {
    return Number(this.items.querySelector('[data-line]')?.dataset.line) || undefined;
  }

  focus() {
    this.section.focus();
    this.section.scrollIntoView({ block: 'nearest' });
  }

  show(problems, message, look) {
    const errors = problems.filter(({ severity }) => severity === 'error').length;
    this.items.replaceChildren(...problems.map((problem) => this.item(problem)));
    this.say(message ?? this.summary(errors, problems.length));
    const isEmpty = message !== undefined && !look;
    this.section.classList.toggle('is-wrong', errors > 0 || look === 'is-wrong');
    this.section.classList.toggle('is-right', !isEmpty && errors === 0 && look !== 'is-wrong');
  }

  summary(errors, all) {
    if (errors === 1) return this.words('oneError');
    if (errors > 1) return this.words('errors', { count: errors });
    if (all === 0) return this.words('right');
    return all === 1 ? this.words('oneWarning') : this.words('warnings', { count: all });
  }

  item({ path, message, severity, line, column, rule, source }) {
    const item = this.template.content.firstElementChild.cloneNode(true);
    item.className = `is-${severity}`;
    item.querySelector('strong').textContent = this.words(severity);
    const place = item.querySelector('a');
    if (line) {
      place.textContent = this.words('place', { line, column });
      Object.assign(place.dataset, { line, column });
    } else place.remove();
    if (path) item.querySelector('.provider-path code').textContent = path;
    else item.querySelector('.provider-path').remove();
    item.querySelector('.provider-message').textContent = message;
    const why = item.querySelector('.provider-why');
    if (source) {
      why.querySelector('a').textContent = this.words('why');
      why.querySelector('a').href = source;
      why.querySelector('code').textContent = rule;
    } else why.remove();
    return item;
  }
}
