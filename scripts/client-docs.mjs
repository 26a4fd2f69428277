import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * `docs/client.md`, made from the docstrings of the client's public interface, so that an editor's hover and the page say the
 * same: `node scripts/client-docs.mjs` writes it, a test compares it.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const room = join(root, 'src/digime');
const doc = String.raw`/\*\*((?:(?!\*/)[\s\S])*)\*/\n`;

/** @returns {string} the page */
export function clientDocs() {
  const index = readFileSync(join(room, 'index.ts'), 'utf8');
  const sources = [...index.matchAll(/from '\.\/(.+)\.js'/g)]
    .map(([, path]) => readFileSync(join(room, `${path}.ts`), 'utf8'))
    .join('\n');
  const types = readTypes(sources, index);
  const [, about = '', body = ''] =
    new RegExp(`${doc}export interface DigiMe \\{\\n([\\s\\S]*?)\\n\\}\\n`).exec(sources) ?? [];
  const methods = [
    ...body.matchAll(new RegExp(`  ${doc}  (\\w+)\\(\\s*options: (\\w+),?\\s*\\): ([^;]+);`, 'g')),
  ].map(([, text = '', name = '', options = '', result = '']) => ({ name, text, options, result }));
  const [, initText = ''] = new RegExp(`${doc}export function init`).exec(sources) ?? [];
  const parts = [
    intro,
    `## init\n\n${prose(initText)}\n${tableOf('InitOptions', types)}`,
    `## The calls\n\n${prose(about)}`,
    ...methods.map(({ name, text, options, result }) => {
      return `### ${name}\n\n\`${name}(options: ${options}): ${result.replace(/\s+/g, ' ')}\`\n\n${prose(text)}\n${tableOf(options, types)}`;
    }),
    `## Results and what they are made of\n`,
    ...[...types]
      .filter(([name, { fields }]) => !/Options$/.test(name) && fields.length > 0 && !hidden.has(name))
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([name, { text }]) => `### ${name}\n\n${prose(text)}\n${tableOf(name, types)}`),
    `## Errors\n\n${errorsOf(sources)}`,
  ];
  return `${parts.map((part) => part.trim()).join('\n\n')}\n`;
}

const hidden = new Set(['CallOptions', 'RefreshOptions', 'DigiMe']);

const intro = `# The client

A client of the digi.me API with the calls of the public Node SDK, for Node 20 and later, from ES modules and CommonJS.
Made from its docstrings by \`node scripts/client-docs.mjs\`; an editor shows the same.

    npm run pack:client && npm install ./digime-client-0.2.0.tgz

\`\`\`js
import { init } from 'digime-client';

const sdk = init({ applicationId });
const { url, codeVerifier } = await sdk.getAuthorizeUrl({ contractDetails, callback, state });
// The user goes to url, and comes back to callback with a code.
const userAccessToken = await sdk.exchangeCodeForToken({ contractDetails, codeVerifier, authorizationCode });
await sdk.pushData({ contractDetails, userAccessToken, data: { fileData, fileDescriptor } });
\`\`\`

\`examples/\` has whole programs. What this client does otherwise than the SDK: it accepts the platform's keys from the API's own
address only, never sends half of a stream twice, hands over a rotated token before it repeats a call, makes one refresh for
all calls that share a token, bounds what answers may cost, and shows no secret in an error or a report.`;

/** Interfaces, and types made of them, by name: their text, what they extend, and their fields. */
function readTypes(sources, index) {
  // A file whose types are exported one by one has others that are its own.
  const isPublic = (name, text) =>
    !/@internal/.test(text) && (new RegExp(`\\b${name}\\b`).test(index) || starred.includes(name));
  const starred = [...index.matchAll(/export type \* from '\.\/(.+)\.js'/g)].flatMap(([, path]) =>
    [...readFileSync(join(room, `${path}.ts`), 'utf8').matchAll(/^export (?:interface|type) (\w+)/gm)].map(
      ([, name]) => name,
    ),
  );
  const types = new Map();
  const declaration = new RegExp(
    `${doc}export (?:interface (\\w+)(?:<\\w+>)?(?: extends ([\\w, ]+))? \\{\\n([\\s\\S]*?)\\n\\}\\n|type (\\w+) =\\s*((?:[^;{]|\\{[^}]*\\})+);)`,
    'g',
  );
  for (const [, text, name, bases = '', body = '', alias, meaning = ''] of sources.matchAll(declaration)) {
    if (!isPublic(name ?? alias, text)) continue;
    const inner = name ? body : (/\{\n([\s\S]*)\n\}/.exec(meaning)?.[1] ?? '');
    const parents = (name ? bases : meaning.replace(/\{[\s\S]*\}/, '')).match(/\w+/g) ?? [];
    const isUnion = !name && !meaning.includes('&') && meaning.includes('|');
    types.set(name ?? alias, { text, parents, isUnion, fields: fieldsOf(inner) });
  }
  return types;
}

function fieldsOf(body) {
  const field = new RegExp(
    `^  (?:${doc}  )?(?:readonly )?(\\w+)(\\?)?(?:\\(([^)]*)\\))?: ((?:[^;{]|\\{(?:[^{}]|\\{(?:[^{}]|\\{[^{}]*\\})*\\})*\\})+);`,
    'gm',
  );
  return [...body.matchAll(field)].map(([, text = '', name, optional, parameters, type]) => ({
    name,
    isOptional: optional !== undefined,
    type: (parameters === undefined ? type : `(${parameters}) => ${type}`)
      .replace(/\/\*\*[\s\S]*?\*\//g, '')
      .replace(/ \| undefined/g, '')
      .replace(/\s+/g, ' ')
      .replace(/; \}/g, ' }')
      .replace(/^ ?\| /, '')
      .trim(),
    text: inLine(text),
  }));
}

function allFields(name, types, seen = new Set()) {
  const type = types.get(name);
  if (!type || seen.has(name)) return [];
  seen.add(name);
  const own = [...type.fields, ...type.parents.flatMap((parent) => allFields(parent, types, seen))];
  return own.filter(({ name: field }, index) => own.findIndex((other) => other.name === field) === index);
}

function tableOf(name, types) {
  const { isUnion, parents } = types.get(name) ?? {};
  if (isUnion)
    return parents
      .map((part) => `\n${inLine(types.get(part)?.text ?? '')}\n${tableOf(part, types)}`)
      .join('');
  const fields = allFields(name, types);
  if (fields.length === 0) return '';
  const rows = fields.map(
    ({ name: field, isOptional, type, text }) =>
      `| \`${field}${isOptional ? '?' : ''}\` | \`${type.replace(/\|/g, '\\|')}\` | ${text.replace(/\|/g, '\\|')} |`,
  );
  return `\n| | type | |\n| --- | --- | --- |\n${rows.join('\n')}\n`;
}

function errorsOf(sources) {
  const classes = [...sources.matchAll(new RegExp(`${doc}export class (\\w+) extends (\\w+)`, 'g'))].filter(
    ([, , , parent]) => /Error$/.test(parent),
  );
  const [, codesText = '', codes = ''] =
    new RegExp(`${doc}export const clientErrorCodes = \\{\\n([\\s\\S]*?)\\n\\} as const`).exec(sources) ?? [];
  const rows = [
    ...codes.matchAll(new RegExp(`  ${doc}  (\\w+): \\{ arrived: '(\\w+)', tryLater: (\\w+) \\}`, 'g')),
  ].map(
    ([, text, code, arrived, later]) =>
      `| \`${code}\` | ${inLine(text)} | ${arrived} | ${later === 'true' ? 'yes' : 'no'} |`,
  );
  return `${classes.map(([, text, name, parent]) => `- \`${name}\` (a \`${parent}\`): ${inLine(text)}`).join('\n')}

### clientErrorCodes

${prose(codesText)}

| code | when | may it have arrived? | try later? |
| --- | --- | --- | --- |
${rows.join('\n')}`;
}

function inLine(text) {
  return lines(text).join(' ').replace(/\s+/g, ' ').trim();
}

/** A docstring as Markdown: `@throws` as a sentence, `@example` as code. */
function prose(text) {
  const [said = '', ...tagged] = lines(text).join('\n').split(/^@/m);
  const tags = tagged.map((tag) => {
    const [, name, words = ''] = /^(\w+)\s*([\s\S]*)$/.exec(tag) ?? [];
    return name === 'example' ? `\`\`\`js\n${words.trim()}\n\`\`\`` : `Throws ${words.trim()}`;
  });
  return [said.trim(), ...tags].join('\n\n');
}

function lines(text) {
  return text.split('\n').map((line) => line.replace(/^\s*\*? ?/, '').trimEnd());
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(join(root, 'docs/client.md'), clientDocs());
