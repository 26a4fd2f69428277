import { readFileSync } from 'node:fs';
import type { Express } from 'express';
import { formatOf, type Language, translator } from '../web/index.js';
import { groupRows } from './group-rows.js';
import { harOf } from './har.js';
import type { Step } from './step.js';
import { rowsOf } from './step-rows.js';

// src/inspector and dist/inspector lie equally deep below public/.
const stylesheet = (name: string) => readFileSync(new URL(`../../public/${name}`, import.meta.url), 'utf8');
/** The file runs nothing and asks for nothing, wherever it is opened. */
const policy = "default-src 'none'; style-src 'unsafe-inline'";

/**
 * A file that shows a journey without the app: the diagram, every call as the inspector shows it, secrets masked, and the
 * HTTP archive to download. It needs no network and runs no script.
 * @param app knows where the views are
 */
export async function sharePage(app: Express, steps: readonly Step[], lang: Language): Promise<string> {
  const t = translator(lang);
  const rows = groupRows(rowsOf(steps, 0, t)).map(({ canRepeat: _canRepeat, ...row }) => row);
  const list = await new Promise<string>((resolve, reject) =>
    app.render('inspector/share', { rows, t, format: formatOf(lang), isShared: true }, (error, html) =>
      error ? reject(error) : resolve(html),
    ),
  );
  const har = Buffer.from(JSON.stringify(harOf(steps), null, 2)).toString('base64');
  const html = [
    `<!doctype html>\n<html lang="${lang}">\n<head>\n<meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="${policy}">`,
    `<title>${t('inspector:title')}</title>`,
    `<style>${stylesheet('style.css')}\n${stylesheet('inspector.css')}</style>\n</head>\n<body>`,
    list.replace('data-har', `href="data:application/json;base64,${har}"`),
    '</body>\n</html>\n',
  ];
  return html.join('\n');
}
