/* A page that may work in a moment is asked for again by itself, five times at most, each time after a longer wait. */
const again = document.getElementById('again');
const name = `tries ${location.pathname}`;
const [tries = 0, at = 0] = JSON.parse(sessionStorage.getItem(name) ?? '[]');
const forgottenAfterMs = 5 * 60 * 1000;
const count = Date.now() - at > forgottenAfterMs ? 0 : tries;

if (count < 5) {
  setTimeout(
    () => {
      sessionStorage.setItem(name, JSON.stringify([count + 1, Date.now()]));
      location.reload();
    },
    Number(again.dataset.seconds) * 1000 * 2 ** count,
  );
} else {
  again.hidden = true;
}
