import type { NodeRule } from './rule.js';

export const loinc = 'http://loinc.org';
export const snomed = 'http://snomed.info/sct';
export const ucum = 'http://unitsofmeasure.org';

/** The addresses under which STU3 knows the systems that others name by OID (terminologies-systems.html). */
const namedByOid = new Map([
  ['2.16.840.1.113883.6.1', loinc],
  ['2.16.840.1.113883.6.8', ucum],
  ['2.16.840.1.113883.6.96', snomed],
]);
const named = new Set([loinc, snomed, ucum]);

/** LOINC, SNOMED CT and UCUM go by the address that FHIR gives them, letter for letter. */
export const systemIsNamedAsHl7Does: NodeRule = ({ value, path }, report) => {
  const { system } = value;
  if (typeof system !== 'string' || system.length > 200 || named.has(system)) return;
  const plain = system
    .toLowerCase()
    .replace(/^https:/, 'http:')
    .replace(/^(http:\/\/)?www\./, 'http://')
    .replace(/[/#]+$/, '');
  const meant =
    namedByOid.get(system.replace(/^(?:urn:)?oid:/i, '')) ?? (named.has(plain) ? plain : undefined);
  if (meant !== undefined) report([...path, 'system'], 'coding-system-name', { system: meant });
};

/** A LOINC or SNOMED CT code has the right check digit: without it, it is mistyped. */
export const codeIsWellFormed: NodeRule = ({ value, path }, report) => {
  const { system, code } = value;
  if (typeof code !== 'string' || code.length > 200) return;
  if (system === loinc && !isLoincCode(code)) report([...path, 'code'], 'loinc-code');
  // Anything but digits is an expression, which has a grammar of its own.
  if (system === snomed && /^\d+$/.test(code) && !isSnomedId(code)) report([...path, 'code'], 'snomed-code');
};

/** Digits, a hyphen and a digit by Luhn's formula; parts, answers and lists begin with letters and count in another way. */
function isLoincCode(code: string): boolean {
  if (/^[A-Z]{2}\d{1,8}-\d$/.test(code)) return true;
  const found = /^(\d{1,7})-(\d)$/.exec(code);
  if (!found) return false;
  const [, digits = '', check] = found;
  let sum = 0;
  for (const [index, digit] of [...digits].reverse().entries()) {
    const weighted = Number(digit) * (index % 2 === 0 ? 2 : 1);
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return (10 - (sum % 10)) % 10 === Number(check);
}

const permutation = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];

/** 6 to 18 digits, the last by Verhoeff's scheme (SNOMED CT Release File Specifications, §5.2 and §5.6). */
function isSnomedId(code: string): boolean {
  if (!/^[1-9]\d{5,17}$/.test(code)) return false;
  let check = 0;
  for (const [index, digit] of [...code].reverse().entries()) {
    let permuted = Number(digit);
    for (let times = index % 8; times > 0; times--) permuted = permutation[permuted] ?? 0;
    check = multiplied(check, permuted);
  }
  return check === 0;
}

/** The product in the dihedral group of order ten. */
function multiplied(a: number, b: number): number {
  if (a < 5) return b < 5 ? (a + b) % 5 : ((a + (b - 5)) % 5) + 5;
  return b < 5 ? ((a - 5 - b + 10) % 5) + 5 : (a - b + 10) % 5;
}
