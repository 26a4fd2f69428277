import { createRequire } from 'node:module';
import { ucum } from './code-forms.js';
import type { NodeRule } from './rule.js';

/** What is used of `@lhncbc/ucum-lhc`, which has no types of its own. */
interface UcumPackage {
  UcumLhcUtils: { getInstance(): { validateUnitString(unit: string): { status: string } } };
}

/** Real units have some twenty characters; the parser's cost grows with the square of the length. */
const longestUnit = 60;
const mostKnown = 2000;
const known = new Map<string, boolean>();
let parser: ReturnType<UcumPackage['UcumLhcUtils']['getInstance']> | undefined;

/** A quantity in units of UCUM has a code that UCUM can say (`mm[Hg]`, not `mmHg`). */
export const unitIsOfUcum: NodeRule = ({ value, path }, report) => {
  const { system, code } = value;
  if (system !== ucum || typeof code !== 'string' || code.length > 300) return;
  if (!isUcum(code)) report([...path, 'code'], 'ucum-unit');
};

/** Whether UCUM can say a unit; what stands in braces is free text. */
export function isUcum(code: string): boolean {
  let valid = known.get(code);
  if (valid === undefined) {
    // An annotation in braces changes nothing, and one by itself is the number one (UCUM §6).
    const plain = code.replace(/(^|[/.(])\{[^{}]*\}/g, '$11').replace(/\{[^{}]*\}/g, '');
    if (plain.length > longestUnit) return true;
    valid = isReadable(plain) && parse(plain);
    if (known.size < mostKnown) known.set(code, valid);
  }
  return valid;
}

/** Printable characters only (UCUM §3); on an empty unit, empty brackets and stray braces the parser would write to the log. */
function isReadable(unit: string): boolean {
  return /^[!-z|~]+$/.test(unit) && !unit.includes('()');
}

function parse(unit: string): boolean {
  // Loaded with the first unit: whoever checks nothing does not pay for the 30 ms and 12 MB that the table takes.
  parser ??= (createRequire(import.meta.url)('@lhncbc/ucum-lhc') as UcumPackage).UcumLhcUtils.getInstance();
  return parser.validateUnitString(unit).status === 'valid';
}
