/* The server writes times in its own time zone; here they become the reader's. */
const locale = { en: 'en-GB', nl: 'nl-NL' }[document.documentElement.lang] ?? 'en-GB';
const day = { day: 'numeric', month: 'short', year: 'numeric', hour: '2-digit', minute: '2-digit' };
const styles = {
  long: new Intl.DateTimeFormat(locale, { ...day, second: '2-digit', timeZoneName: 'short' }),
  short: new Intl.DateTimeFormat(locale, { ...day, timeZoneName: 'short' }),
};

export function localizeTimes(root) {
  for (const time of root.querySelectorAll('time[data-style]')) {
    time.textContent = styles[time.dataset.style].format(new Date(time.dateTime));
  }
}

localizeTimes(document);
