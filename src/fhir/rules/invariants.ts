import type { PathSegment } from '../explain/problem.js';
import type { RuleId } from '../explain/rule-book.js';
import { type Fields, isFields, objectsIn } from '../walk-resource.js';
import { ucum } from './code-forms.js';
import { isPresent } from './data-absent.js';
import type { NodeRule } from './rule.js';

/** One of FHIR's own rules that join elements: by the type it is about, where it is told, and when it is broken. */
interface Invariant {
  rule: RuleId;
  on: readonly string[];
  at?: string;
  isBroken(value: Fields): boolean;
}

const currencies = 'urn:iso:std:iso:4217';
const has = isPresent;
const valueKeys = (value: Fields) => Object.keys(value).filter((key) => /^_?value[A-Z]/.test(key));
const codingsOf = (concept: unknown) => objectsIn(isFields(concept) ? concept.coding : undefined);
const numberOf = (quantity: unknown) =>
  isFields(quantity) && typeof quantity.value === 'number' ? quantity.value : undefined;
const needs = (rule: RuleId, on: string, key: string, needed: string): Invariant => ({
  rule,
  on: [on],
  at: needed,
  isBroken: (value) => value[key] !== undefined && !has(value, needed),
});
const isNegative = (value: unknown) => typeof value === 'number' && value < 0;
const hasOtherSystem = ({ system }: Fields, wanted: string) => system !== undefined && system !== wanted;
const hasNoCode = (value: Fields) => value.value !== undefined && !has(value, 'code');

/** The elements whose type is SimpleQuantity, a Quantity without comparator. */
const simpleQuantities: readonly (readonly [on: string, ...keys: string[]])[] = [
  ['Range', 'low', 'high'],
  ['SampledData', 'origin'],
  ['Observation.referenceRange', 'low', 'high'],
];

/**
 * The invariants of STU3 for the types of a push (the StructureDefinitions' `constraint`s); those of the bundle, of
 * contained resources and of references stand in their own files, ext-1, txt-1 and txt-2 with the structure.
 */
const invariants: readonly Invariant[] = [
  {
    rule: 'pat-1',
    on: ['Patient.contact'],
    isBroken: (value) =>
      !['name', 'telecom', 'address', 'organization'].some((key) => value[key] !== undefined),
  },
  {
    rule: 'obs-3',
    on: ['Observation.referenceRange'],
    isBroken: (value) => value.low === undefined && value.high === undefined && !has(value, 'text'),
  },
  {
    rule: 'obs-6',
    on: ['Observation', 'Observation.component'],
    at: 'dataAbsentReason',
    isBroken: (value) => value.dataAbsentReason !== undefined && valueKeys(value).length > 0,
  },
  { rule: 'obs-7', on: ['Observation'], at: 'component', isBroken: repeatsItsCode },
  {
    rule: 'qrs-1',
    on: ['QuestionnaireResponse.item'],
    isBroken: (value) => value.answer !== undefined && value.item !== undefined,
  },
  {
    rule: 'inv-1',
    on: ['Task'],
    at: 'lastModified',
    isBroken: ({ authoredOn, lastModified }) => isAfter(authoredOn, lastModified),
  },
  {
    rule: 'lst-1',
    on: ['List'],
    at: 'emptyReason',
    isBroken: (value) => value.emptyReason !== undefined && value.entry !== undefined,
  },
  {
    rule: 'lst-2',
    on: ['List'],
    at: 'entry',
    isBroken: (value) =>
      value.mode !== undefined &&
      value.mode !== 'changes' &&
      objectsIn(value.entry).some((entry) => has(entry, 'deleted')),
  },
  ...(['height', 'width'] as const).map(
    (key): Invariant => ({
      rule: key === 'height' ? 'mda-1' : 'mda-2',
      on: ['Media'],
      at: key,
      isBroken: (value) => value[key] !== undefined && value.type === 'audio',
    }),
  ),
  {
    rule: 'mda-3',
    on: ['Media'],
    at: 'frames',
    isBroken: (value) => value.frames !== undefined && value.type !== undefined && value.type !== 'photo',
  },
  {
    rule: 'mda-4',
    on: ['Media'],
    at: 'duration',
    isBroken: (value) => value.duration !== undefined && value.type === 'photo',
  },
  {
    rule: 'org-1',
    on: ['Organization'],
    isBroken: (value) => value.identifier === undefined && !has(value, 'name'),
  },
  { rule: 'org-2', on: ['Organization'], at: 'address', isBroken: (value) => isAtHome(value.address) },
  { rule: 'org-3', on: ['Organization'], at: 'telecom', isBroken: (value) => isAtHome(value.telecom) },
  needs('cpt-2', 'ContactPoint', 'value', 'system'),
  needs('att-1', 'Attachment', 'data', 'contentType'),
  { rule: 'per-1', on: ['Period'], at: 'end', isBroken: ({ start, end }) => isAfter(start, end) },
  ...['Quantity', 'Age', 'Count', 'Distance', 'Duration', 'Money'].map((type) =>
    needs('qty-3', type, 'code', 'system'),
  ),
  ...simpleQuantities.flatMap(([on, ...keys]) =>
    keys.map(
      (at): Invariant => ({
        rule: 'simple-quantity',
        on: [on],
        at,
        isBroken: (value) => isFields(value[at]) && value[at].comparator !== undefined,
      }),
    ),
  ),
  { rule: 'rng-2', on: ['Range'], at: 'high', isBroken: isUpsideDown },
  {
    rule: 'rat-1',
    on: ['Ratio'],
    isBroken: ({ numerator, denominator, extension }) =>
      (numerator === undefined) !== (denominator === undefined) ||
      (numerator === undefined && extension === undefined),
  },
  {
    rule: 'age-1',
    on: ['Age'],
    isBroken: (value) =>
      hasNoCode(value) ||
      hasOtherSystem(value, ucum) ||
      (typeof value.value === 'number' && value.value <= 0),
  },
  {
    rule: 'cnt-3',
    on: ['Count'],
    isBroken: (value) =>
      hasNoCode(value) ||
      hasOtherSystem(value, ucum) ||
      (value.code !== undefined && value.code !== '1') ||
      (typeof value.value === 'number' && !Number.isInteger(value.value)),
  },
  { rule: 'dis-1', on: ['Distance'], isBroken: (value) => hasNoCode(value) || hasOtherSystem(value, ucum) },
  {
    rule: 'drt-1',
    on: ['Duration'],
    isBroken: (value) => value.code !== undefined && (hasOtherSystem(value, ucum) || !has(value, 'value')),
  },
  {
    rule: 'mny-1',
    on: ['Money'],
    isBroken: (value) => hasNoCode(value) || hasOtherSystem(value, currencies),
  },
  needs('tim-1', 'Timing.repeat', 'duration', 'durationUnit'),
  needs('tim-2', 'Timing.repeat', 'period', 'periodUnit'),
  { rule: 'tim-4', on: ['Timing.repeat'], at: 'duration', isBroken: (value) => isNegative(value.duration) },
  { rule: 'tim-5', on: ['Timing.repeat'], at: 'period', isBroken: (value) => isNegative(value.period) },
  needs('tim-6', 'Timing.repeat', 'periodMax', 'period'),
  needs('tim-7', 'Timing.repeat', 'durationMax', 'duration'),
  needs('tim-8', 'Timing.repeat', 'countMax', 'count'),
  { rule: 'tim-9', on: ['Timing.repeat'], at: 'offset', isBroken: hasOffsetFromNothing },
  {
    rule: 'tim-10',
    on: ['Timing.repeat'],
    at: 'when',
    isBroken: (value) => has(value, 'timeOfDay') && has(value, 'when'),
  },
];

/** The rules as node rules, by the type they are about. */
export function invariantRules(): Map<string, NodeRule[]> {
  const rules = new Map<string, NodeRule[]>();
  for (const { rule, on, at, isBroken } of invariants) {
    const check: NodeRule = ({ value, path }, report) => {
      const place: readonly PathSegment[] = at === undefined ? path : [...path, at];
      if (isBroken(value)) report(place, rule);
    };
    for (const type of on) rules.set(type, [...(rules.get(type) ?? []), check]);
  }
  return rules;
}

function repeatsItsCode(observation: Fields): boolean {
  if (valueKeys(observation).length === 0) return false;
  const own = new Set(codingsOf(observation.code).map(({ system, code }) => `${system} ${code}`));
  return objectsIn(observation.component).some(({ code }) =>
    codingsOf(code).some((coding) => coding.code !== undefined && own.has(`${coding.system} ${coding.code}`)),
  );
}

function isAtHome(list: unknown): boolean {
  return objectsIn(list).some(({ use }) => use === 'home');
}

/** Dates of different precision are compared as far as both go. */
function isAfter(start: unknown, end: unknown): boolean {
  if (typeof start !== 'string' || typeof end !== 'string') return false;
  if (start.length > 10 && end.length > 10) return Date.parse(start) > Date.parse(end);
  // A day without a zone is up to a day longer than itself.
  if (start.length > 10 !== end.length > 10 && start.length >= 10 && end.length >= 10)
    return Date.parse(start.slice(0, 10)) - Date.parse(end.slice(0, 10)) > 86_400_000;
  const precision = Math.min(start.length, end.length, 10);
  return start.slice(0, precision) > end.slice(0, precision);
}

/** Only quantities in the same unit can be compared without converting them. */
function isUpsideDown({ low, high }: Fields): boolean {
  const [from, to] = [numberOf(low), numberOf(high)];
  if (from === undefined || to === undefined || !isFields(low) || !isFields(high)) return false;
  return low.code === high.code && low.unit === high.unit && from > to;
}

function hasOffsetFromNothing(value: Fields): boolean {
  if (value.offset === undefined) return false;
  const when = Array.isArray(value.when) ? value.when : [];
  return when.length === 0 || when.some((code) => ['C', 'CM', 'CD', 'CV'].includes(String(code)));
}
