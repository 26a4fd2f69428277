/**
 * A date in one of the forms that can mean one day only, as FHIR writes it: `5-1-2026` and `05.01.2026` (day first, as in
 * the Netherlands), `2026/01/05`, `20260105`, `25/12/2026`; a time stays, with a T before it and with seconds.
 * @returns `undefined` for any other form; whether the day exists is not looked at
 */
export function isoDate(text: string): string | undefined {
  const found = /^(\S+?)(?:[T ](\d\d:\d\d)(:\d\d(?:\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.exec(text.trim());
  if (!found || text.length > 64) return undefined;
  const [, written = '', minutes, seconds = ':00', zone = ''] = found;
  const day = isoDay(written);
  if (day === undefined) return undefined;
  return minutes === undefined ? day : `${day}T${minutes}${seconds}${zone}`;
}

function isoDay(written: string): string | undefined {
  const first =
    /^(\d{4})([-/.])(\d{1,2})\2(\d{1,2})$/.exec(written) ?? /^(\d{4})()(\d\d)(\d\d)$/.exec(written);
  if (first) return join(first[1], first[3], first[4]);
  const last = /^(\d{1,2})([-/.])(\d{1,2})\2(\d{4})$/.exec(written);
  if (!last) return undefined;
  const [, day, separator, month, year] = last;
  // Between slashes the month comes first in other countries: only a day beyond the twelfth tells.
  if (separator === '/' && Number(day) <= 12 && day !== month) return undefined;
  return join(year, month, day);
}

function join(year = '', month = '', day = ''): string {
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}
