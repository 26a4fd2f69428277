import { askForCheck } from './provider-send.js';

const find = (id) => document.getElementById(id);
const make = (tag, ...content) => {
  const made = document.createElement(tag);
  made.append(...content);
  return made;
};

/* What can be put right by itself, shown before it is put into the editor. */
export class RepairView {
  constructor(say, text, use) {
    this.say = say;
    this.text = text;
    for (const id of ['repair', 'import-r4']) {
      find(id).addEventListener('click', (event) => {
        event.preventDefault();
        this.ask(event.currentTarget.value);
      });
    }
    find('use-repaired').addEventListener('click', (event) => {
      // On a page that the server made there is no answer to take the text from: the form asks for it.
      if (this.repaired === undefined) return;
      event.preventDefault();
      use(this.repaired.text);
    });
  }

  async ask(action) {
    const text = this.text();
    const answer = await askForCheck({ resource: text }, undefined, { action });
    if (!answer.repaired || text !== this.text()) return;
    this.repaired = answer.repaired;
    const { changes, lines } = answer.repaired;
    find('repair-none').hidden = changes.length > 0;
    find('repair-apply').hidden = changes.length === 0;
    find('repair-changes').replaceChildren(
      ...changes.map(({ path, message, line }) =>
        make('li', `${this.say('line', { line })}: `, ...(path ? [make('code', path), ' '] : []), message),
      ),
    );
    find('repair-lines').replaceChildren(
      ...lines.map(({ before, after }) => make('pre', make('del', before), '\n', make('ins', after))),
    );
    find('repaired').hidden = false;
    find('repaired').focus();
  }

  /* Another text: what was shown is not about it; the button is there where something is wrong. */
  forget() {
    this.repaired = undefined;
    find('repaired').hidden = true;
  }

  offer(problems) {
    find('repair-offer').hidden = !problems.some(({ severity }) => severity === 'error');
  }
}
