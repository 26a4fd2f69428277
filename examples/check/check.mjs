// node check.mjs BUNDLE [REPAIRED]: checks a FHIR STU3 bundle before it is sent; writes what can be put right to REPAIRED.
import { readFile, writeFile } from 'node:fs/promises';
import { checkText, decodeUtf8, repairText } from 'digime-push-onboarding/fhir';

const [file = 'bundle.json', repairedFile] = process.argv.slice(2);

// Strictly: Node's own decoding replaces what is not UTF-8, and a name would arrive as "Zo\ufffd".
const decoded = decodeUtf8(await readFile(file));
if (decoded.text === undefined) throw new Error(`${file} is not UTF-8 (byte ${decoded.invalidAt})`);

const { problems } = checkText(decoded.text, 'en');
for (const { path, message, severity, line, column } of problems) {
  console.log(`${file}:${line}:${column}: ${severity}: ${path} ${message}`);
}
const isRefused = problems.some(({ severity }) => severity === 'error');
console.log(isRefused ? 'A provider would refuse it.' : 'Ready to send.');
process.exitCode = isRefused ? 1 : 0;

// Only what has one certain repair is changed, and no digit that is not part of it.
if (isRefused && repairedFile !== undefined) {
  const { text, changes } = repairText(decoded.text, 'en');
  for (const { line, path, message } of changes) console.log(`line ${line}: ${path} ${message}`);
  await writeFile(repairedFile, text);
  const left = checkText(text).problems.filter(({ severity }) => severity === 'error');
  console.log(`${changes.length} put right, ${left.length} left.`);
}
