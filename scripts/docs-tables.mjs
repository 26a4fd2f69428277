/** Text for a cell: one line, with the bars that would end it escaped. */
const cell = (text) => text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((row) => `| ${row.map(cell).join(' | ')} |`).join('\n');

function routeTable(routes) {
  const rows = routes.map(({ method, path, summary, errors = [], answers }) => [
    `\`${method.toUpperCase()} ${path}\``,
    summary,
    Object.keys(answers).join(', '),
    errors.map((code) => `\`${code}\``).join(', '),
  ]);
  return table(['route', 'what it does', 'answers', 'its own errors'], rows);
}

function errorTable(errorStatus, words) {
  const plain = (text) => text.replace(/\{\{(\w+)[^}]*\}\}/g, '…');
  const rows = Object.entries(errorStatus).map(([code, status]) => [
    `\`${code}\``,
    String(status),
    plain(words[code].message),
    plain(words[code].advice),
  ]);
  return table(['code', 'status', 'what happened', 'what to do'], rows);
}

/** `.env.example` by its headings: a test of the settings keeps that file complete. */
function settingTable(envExample) {
  const rows = [];
  for (const line of envExample.split('\n')) {
    const heading = /^# --- (.+?) -+$/.exec(line)?.[1];
    if (heading !== undefined) rows.push([`**${heading}**`, '', '']);
    const [, name, value = '', comment = ''] = /^# ([A-Z0-9_]+)=(\S*)\s*(?:# (.*))?$/.exec(line) ?? [];
    if (name !== undefined) rows.push([`\`${name}\``, value && `\`${value}\``, comment]);
  }
  return table(['setting', 'default or example', 'what for'], rows);
}

/** The rules of one level, each with a place to link to. */
function ruleTable(ruleBook, words, wanted) {
  const rows = Object.entries(ruleBook)
    .filter(([, { level }]) => level === wanted)
    .map(([rule, { source }]) => [
      `<a id="${rule}"></a>\`${rule}\``,
      words[rule].replace(/\{\w+\}/g, '`$&`'),
      `[${new URL(source).host}](${source})`,
    ]);
  return table(['rule', 'what it says', 'source'], rows);
}

/**
 * The tables of the documentation that say what the sources say, by the name of their place.
 * @param {{ routes: object[], errorStatus: Record<string, number>, words: object, envExample: string, ruleBook: object, ruleWords: object }} sources
 * @returns {Record<string, string>}
 */
export function makeTables({ routes, errorStatus, words, envExample, ruleBook, ruleWords }) {
  return {
    routes: routeTable(routes),
    errors: errorTable(errorStatus, words),
    settings: settingTable(envExample),
    blockingRules: ruleTable(ruleBook, ruleWords, 'blocking'),
    errorRules: ruleTable(ruleBook, ruleWords, 'error'),
    warningRules: ruleTable(ruleBook, ruleWords, 'warning'),
  };
}

/** Puts each table between `<!-- table: name -->` and `<!-- end -->` of a page. */
export const fillTables = (page, tables) =>
  page.replace(/(<!-- table: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g, (whole, begin, name, end) =>
    tables[name] === undefined ? whole : `${begin}${tables[name]}\n${end}`,
  );

/** The pages that hold such tables. */
export const pagesWithTables = ['docs/http.md', 'docs/operations.md', 'docs/fhir.md'];
