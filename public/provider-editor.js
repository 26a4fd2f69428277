/* A textarea with line numbers beside it and a band behind each line that has a problem. Only what is in view is drawn,
   so that two hundred thousand lines cost no more than twenty. */
export class Editor {
  constructor(root) {
    this.area = root.querySelector('textarea');
    this.numbers = root.querySelector('.editor-numbers');
    this.bands = root.querySelector('.editor-bands');
    this.marks = new Map();
    this.numbers.hidden = false;
    root.classList.add('has-numbers');
    this.area.addEventListener('input', () => this.countLines());
    this.area.addEventListener('scroll', () => this.drawSoon());
    new ResizeObserver(() => this.drawSoon()).observe(this.area);
    this.countLines();
  }

  get text() {
    return this.area.value;
  }

  set text(text) {
    this.area.value = text;
    this.area.setSelectionRange(0, 0);
    this.area.scrollTop = 0;
    this.area.scrollLeft = 0;
    this.marks.clear();
    this.countLines();
  }

  countLines() {
    const { value } = this.area;
    this.lines = 1;
    for (let at = value.indexOf('\n'); at >= 0; at = value.indexOf('\n', at + 1)) this.lines++;
    this.drawSoon();
  }

  /* Marks the lines of these problems; an error wins over a warning on the same line. */
  mark(problems) {
    this.marks.clear();
    for (const { line, severity } of problems) {
      if (line && this.marks.get(line) !== 'error') this.marks.set(line, severity);
    }
    if (problems.some(({ severity }) => severity === 'error')) this.area.setAttribute('aria-invalid', 'true');
    else this.area.removeAttribute('aria-invalid');
    this.drawSoon();
  }

  drawSoon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = undefined;
      this.draw();
    });
  }

  draw() {
    const { scrollTop, clientHeight } = this.area;
    const style = getComputedStyle(this.area);
    this.lineHeight = Number.parseFloat(style.lineHeight);
    const padding = Number.parseFloat(style.paddingTop);
    const first = Math.max(1, Math.floor((scrollTop - padding) / this.lineHeight) + 1);
    const last = Math.min(this.lines, first + Math.ceil(clientHeight / this.lineHeight) + 1);
    const numbers = [];
    const bands = [];
    for (let line = first; line <= last; line++) {
      const top = `${padding + (line - 1) * this.lineHeight - scrollTop}px`;
      numbers.push(this.piece('span', String(line), top, this.marks.get(line)));
      if (this.marks.has(line)) bands.push(this.piece('div', '', top, this.marks.get(line)));
    }
    this.numbers.style.width = `${Math.max(3, String(this.lines).length) + 2}ch`;
    this.numbers.replaceChildren(...numbers);
    this.bands.replaceChildren(...bands);
  }

  piece(tag, text, top, severity) {
    const piece = document.createElement(tag);
    piece.textContent = text;
    piece.style.top = top;
    if (severity) piece.className = `is-${severity}`;
    return piece;
  }

  /* Puts the cursor at a line and column (from 1) and brings the line into view. */
  goTo({ line, column }) {
    const { value } = this.area;
    let start = 0;
    for (let at = 1; at < line; at++) start = value.indexOf('\n', start) + 1 || value.length;
    const end = value.indexOf('\n', start);
    const offset = Math.min(start + column - 1, end < 0 ? value.length : end);
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(offset, offset);
    this.area.scrollIntoView({ block: 'nearest' });
    this.reveal(line);
    const characterWidth = Number.parseFloat(getComputedStyle(this.area).fontSize) * 0.6;
    this.area.scrollLeft = column * characterWidth - this.area.clientWidth * 0.6;
  }
  /* Brings a line into view; the cursor stays where it is. */
  reveal(line) {
    this.area.scrollTop = (line - 1) * this.lineHeight - this.area.clientHeight / 3;
  }
}
