let made = 0;

/* Turns the sections of a step, which stand one below the other, into tabs (WAI-ARIA Authoring Practices, Tabs). */
export function makeTabs(group) {
  const panels = [...group.querySelectorAll('.tab')];
  if (group.classList.contains('has-tabs') || panels.length < 2) return;
  group.classList.add('has-tabs');
  const list = document.createElement('div');
  list.className = 'tab-list';
  list.setAttribute('role', 'tablist');
  list.setAttribute('aria-label', group.dataset.label);

  const tabs = panels.map((panel) => {
    made += 1;
    const tab = document.createElement('button');
    tab.type = 'button';
    tab.id = `tab-${made}`;
    tab.textContent = panel.querySelector('h3').textContent;
    tab.setAttribute('role', 'tab');
    tab.setAttribute('aria-controls', `panel-${made}`);
    panel.id = `panel-${made}`;
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', tab.id);
    return tab;
  });
  const select = (chosen) => {
    tabs.forEach((tab, index) => {
      tab.setAttribute('aria-selected', String(index === chosen));
      tab.tabIndex = index === chosen ? 0 : -1;
      panels[index].hidden = index !== chosen;
    });
  };
  tabs.forEach((tab, index) => {
    tab.addEventListener('click', () => select(index));
    tab.addEventListener('keydown', (event) => {
      const last = tabs.length - 1;
      const goTo = {
        ArrowRight: index === last ? 0 : index + 1,
        ArrowLeft: index === 0 ? last : index - 1,
        Home: 0,
        End: last,
      }[event.key];
      if (goTo === undefined) return;
      event.preventDefault();
      select(goTo);
      tabs[goTo].focus();
    });
  });
  list.append(...tabs);
  group.prepend(list);
  select(0);
}

/* Gives every piece of code a button that copies it, where the browser lets a page do that. */
export function addCopyButtons(root, copiedWord) {
  if (!navigator.clipboard) return;
  for (const pre of root.querySelectorAll('pre[data-copy]')) {
    const box = document.createElement('div');
    box.className = 'copyable';
    pre.replaceWith(box);
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'button is-small';
    button.textContent = pre.dataset.copy;
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(pre.textContent);
      button.textContent = copiedWord;
    });
    box.append(pre, button);
    delete pre.dataset.copy;
  }
}

/* A signed command is asked for when it is wanted, since it is good for minutes only, and copied where a page may. */
export async function copySigned(event) {
  const form = event.target;
  if (!form.matches('[data-signed-curl]') || !navigator.clipboard) return;
  event.preventDefault();
  const answer = await fetch(form.getAttribute('action'), {
    method: 'POST',
    headers: { Accept: 'application/json' },
  });
  const said = form.closest('.step-body').querySelector('[data-said]');
  if (!answer.ok) {
    said.textContent = String(answer.status);
    return;
  }
  const { curl, expiresAt } = await answer.json();
  await navigator.clipboard.writeText(curl);
  said.textContent = form.dataset.signedCurl.replace('{{time}}', new Date(expiresAt).toLocaleTimeString());
}
