/** Follows what arrives: fetches the page again every two seconds and puts in what has changed. */
const shown = document.getElementById('libraries');
document.querySelector('.refresh')?.remove();

async function refresh() {
  if (document.hidden) return;
  const response = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), 'text/html');
  const fresh = page.getElementById('libraries');
  if (shown && fresh && fresh.innerHTML !== shown.innerHTML) shown.replaceChildren(...fresh.childNodes);
}

async function follow() {
  // The sandbox may be stopped and started again: a failed look is no reason to give up.
  await refresh().catch(() => {});
  setTimeout(follow, 2000);
}

setTimeout(follow, 2000);
