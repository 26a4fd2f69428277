import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { checkText, type PlacedProblem } from './check-text.js';
import { type MessageLanguage, messageLanguages, sayIn } from './explain/words.js';
import { decodeUtf8 } from './json/decode-utf8.js';
import { importR4 } from './r4/import-r4.js';
import { type CheckedFile, toSarif } from './sarif.js';

const usage = `Usage: npm run check-bundle -- [--format text|json|sarif] [--language en|nl] [--from r4 [--output FILE]] FILE…

Checks FHIR STU3 bundles before they are sent to a MedMij provider. FILE may be - for the standard input.
With --from r4 each is turned from FHIR R4 into STU3 first; --output keeps what one of them has become.
Ends with 0 when nothing is wrong (remarks aside), 1 when a bundle has errors, 2 when it could not be checked.`;

/**
 * The command `check-bundle`: checks files and writes what it found to the standard output.
 * @returns the exit code: 0 without errors, 1 with some, 2 for wrong arguments or a file that cannot be read
 */
export function checkBundleCommand(args: readonly string[], write: (text: string) => void): number {
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(args);
  } catch (error) {
    write(`${(error as Error).message}\n\n${usage}\n`);
    return 2;
  }
  const { files, format, language, from, output } = options;
  const checked: CheckedFile[] = [];
  for (const file of files) {
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(file === '-' ? 0 : file);
    } catch (error) {
      write(`${file}: ${(error as Error).message}\n`);
      return 2;
    }
    const checkedFile =
      from === 'r4' ? convertBytes(file, bytes, language) : { file, problems: checkBytes(bytes, language) };
    const { converted } = checkedFile;
    if (output !== undefined && converted !== undefined) {
      try {
        writeFileSync(output, `${converted.text}\n`);
      } catch (error) {
        write(`${output}: ${(error as Error).message}\n`);
        return 2;
      }
    }
    checked.push(checkedFile);
  }
  if (format === 'json') write(`${JSON.stringify(checked, null, 2)}\n`);
  else if (format === 'sarif') write(`${JSON.stringify(toSarif(checked), null, 2)}\n`);
  else write(checked.map(asText).join(''));
  const hasErrors = checked.some(({ problems }) => problems.some(({ severity }) => severity === 'error'));
  return hasErrors ? 1 : 0;
}

function readOptions(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      format: { type: 'string', default: 'text' },
      language: { type: 'string', default: 'en' },
      from: { type: 'string' },
      output: { type: 'string' },
    },
  });
  const language = messageLanguages.find((known) => known === values.language);
  if (!['text', 'json', 'sarif'].includes(values.format)) throw new Error(`Unknown format: ${values.format}`);
  if (language === undefined) throw new Error(`Unknown language: ${values.language}`);
  if (values.from !== undefined && values.from !== 'r4') throw new Error(`Unknown source: ${values.from}`);
  if (values.output !== undefined && (values.from === undefined || positionals.length > 1))
    throw new Error('--output goes with --from r4 and one file.');
  if (positionals.length === 0) throw new Error('No file was named.');
  const { format, from, output } = values;
  return { files: positionals, format, language, from, output };
}

function checkBytes(bytes: Uint8Array, language: MessageLanguage): PlacedProblem[] {
  const decoded = decodeUtf8(bytes);
  if ('text' in decoded) return checkText(decoded.text, language).problems;
  const message = sayIn(language, 'utf8-invalid', { offset: decoded.invalidAt });
  return [{ path: '', rule: 'utf8-invalid', message, severity: 'error', source: '' }];
}

/** A file of R4 as STU3: what has changed, and what the check says of the result. */
function convertBytes(file: string, bytes: Uint8Array, language: MessageLanguage): CheckedFile {
  const decoded = decodeUtf8(bytes);
  if (!('text' in decoded)) return { file, problems: checkBytes(bytes, language) };
  const { text, changes } = importR4(decoded.text, language);
  return { file, problems: checkText(text, language).problems, converted: { text, changes } };
}

/** As compilers write it, so that editors find the place: `file:line:column: error: message [rule] path`. */
function asText({ file, problems, converted }: CheckedFile): string {
  const changes = (converted?.changes ?? [])
    .map(({ path, line, message }) => `${file}:${line}: changed: ${message}${path ? ` ${path}` : ''}\n`)
    .join('');
  if (problems.length === 0) return `${changes}${file}: ok\n`;
  const found = problems
    .map(({ path, line, column, severity, message, rule }) => {
      const place = line === undefined ? file : `${file}:${line}:${column}`;
      return `${place}: ${severity}: ${message} [${rule}]${path ? ` ${path}` : ''}\n`;
    })
    .join('');
  return `${changes}${found}`;
}
