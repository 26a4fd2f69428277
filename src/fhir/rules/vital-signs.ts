import type { PathSegment, Report } from '../explain/problem.js';
import { type Fields, isFields, objectsIn } from '../walk-resource.js';
import { loinc, ucum } from './code-forms.js';
import { isDataAbsent, isOnlyExtended, isPresent } from './data-absent.js';
import { profilesOf } from './profile.js';
import type { EntryRule } from './rule.js';
import { glucoseUnit, isCodedAs, loincCodesOf, type VitalSign, vitalSigns } from './vital-sign-table.js';

const categorySystem = 'http://hl7.org/fhir/observation-category';
const category = 'vital-signs';

/** The vital signs of HL7 and the zibs: each wants its code, a time, a subject, and a Quantity that a machine can compare. */
export const vitalSignIsComplete: EntryRule = ({ resource, path }, report) => {
  const profiles = profilesOf(resource);
  const place = [...path, 'resource'];
  const claimed = vitalSigns.filter(({ profiles: own }) => own.some((profile) => profiles.includes(profile)));
  // A pulse may claim to be a heart rate as well: its code tells which of the two it is measured by.
  const sign = claimed.find((one) => isCodedAs(one, resource.code)) ?? claimed[0];
  if (resource.resourceType !== 'Observation') {
    if (sign) report([...place, 'resourceType'], 'vital-sign-type');
    return;
  }
  if (sign) checkSign(sign, resource, place, report);
  else checkUnitByCode(resource, place, report);
  checkGlucose(resource, place, report);
};

function checkSign(sign: VitalSign, resource: Fields, place: PathSegment[], report: Report): void {
  checkCategory(sign, resource, place, report);
  if (!Object.keys(resource).some((key) => /^_?effective[A-Z]/.test(key))) {
    report([...place, 'effectiveDateTime'], 'vital-sign-time');
  }
  const { effectiveDateTime } = resource;
  if (typeof effectiveDateTime === 'string' && /^\d{4}(?:-\d\d)?$/.test(effectiveDateTime)) {
    report([...place, 'effectiveDateTime'], 'vs-1');
  }
  if (!isPresent(resource, 'subject')) report([...place, 'subject'], 'vital-sign-subject');
  const { code } = resource;
  // A coding that lacks its system or code has been told already.
  const isComplete =
    isFields(code) &&
    objectsIn(code.coding).every(({ system, code: own }) => system !== undefined && own !== undefined);
  if (
    isFields(code) &&
    isComplete &&
    code.coding !== undefined &&
    !isDataAbsent(code) &&
    !isCodedAs(sign, code)
  ) {
    const codes = sign.codes[loinc] ?? [];
    report([...place, 'code'], 'vital-sign-code', { codes: codes.join(', ') });
  }
  if (sign.components) checkComponents(sign, resource, place, report);
  else checkQuantity(sign, resource, place, report);
}

function checkCategory(sign: VitalSign, resource: Fields, place: PathSegment[], report: Report): void {
  const categories = Array.isArray(resource.category) ? resource.category : [];
  if (resource.category === undefined) {
    if (!sign.withoutCategory) report([...place, 'category'], 'vital-sign-category');
    return;
  }
  for (const [index, concept] of categories.entries()) {
    const codings = isFields(concept) && Array.isArray(concept.coding) ? concept.coding : [];
    for (const [at, coding] of codings.entries()) {
      if (!isFields(coding) || coding.code !== category || coding.system === categorySystem) continue;
      if (coding.system === undefined) continue;
      report([...place, 'category', index, 'coding', at, 'system'], 'vital-sign-category-system', {
        system: categorySystem,
      });
    }
  }
}

function checkComponents(sign: VitalSign, resource: Fields, place: PathSegment[], report: Report): void {
  const components = Array.isArray(resource.component) ? resource.component : [];
  const absent: string[] = [];
  const values: number[] = [];
  for (const [code, name] of Object.entries(sign.components ?? {})) {
    const index = components.findIndex((part) => isFields(part) && loincCodesOf(part.code).includes(code));
    const component = components[index];
    if (!isFields(component)) {
      absent.push(`${name} (LOINC ${code})`);
      continue;
    }
    checkQuantity(sign, component, [...place, 'component', index], report);
    const quantity = component.valueQuantity;
    if (isFields(quantity) && typeof quantity.value === 'number') values.push(quantity.value);
  }
  if (resource.dataAbsentReason !== undefined) return;
  if (sign.needsComponents && absent.length > 0) {
    report([...place, 'component'], 'vital-sign-component', { names: absent.join(', ') });
  }
  for (const [index, component] of components.entries()) {
    if (isFields(component) && !saysSomething(component)) report([...place, 'component', index], 'vs-3');
  }
  const [high, low] = values;
  if (sign.needsComponents && high !== undefined && low !== undefined && high < low) {
    report([...place, 'component'], 'vital-sign-unlikely');
  }
  if (sign.needsComponents || components.length > 0) return;
  checkQuantity(sign, resource, place, report);
}

/** A value, why there is none, or an extension that may say either. */
function saysSomething(component: Fields): boolean {
  return Object.keys(component).some((key) => /^(?:_?value[A-Z]|dataAbsentReason$|extension$)/.test(key));
}

function checkQuantity(sign: VitalSign, holder: Fields, path: PathSegment[], report: Report): void {
  const quantity = holder.valueQuantity;
  if (quantity === undefined && holder.dataAbsentReason !== undefined) return;
  const place = [...path, 'valueQuantity'];
  if (!isFields(quantity)) {
    report(place, 'vital-sign-value');
    return;
  }
  if (isDataAbsent(quantity) || isOnlyExtended(quantity)) return;
  for (const key of ['value', 'code']) {
    if (!isPresent(quantity, key)) report([...place, key], 'vital-sign-quantity', { name: key });
  }
  if (!isPresent(quantity, 'unit')) {
    if (sign.withoutUnitWords) report([...place, 'unit'], 'vital-sign-unit-words');
    else report([...place, 'unit'], 'vital-sign-quantity', { name: 'unit' });
  }
  if (quantity.system === undefined ? !isPresent(quantity, 'system') : quantity.system !== ucum) {
    report([...place, 'system'], 'vital-sign-unit-system', { system: ucum });
  } else checkUnit(sign, quantity, place, report);
}

function checkUnit(sign: VitalSign, quantity: Fields, place: PathSegment[], report: Report): void {
  const { code, value } = quantity;
  if (typeof code !== 'string') return;
  // An annotation in braces changes nothing of a unit (UCUM §6).
  const plain = code.replace(/\{[^{}]*\}/g, '');
  const range = Object.hasOwn(sign.units, plain) ? sign.units[plain] : undefined;
  if (!range) report([...place, 'code'], 'vital-sign-unit', { units: Object.keys(sign.units).join(', ') });
  else if (typeof value === 'number' && (value < range.from || value > range.to)) {
    report([...place, 'value'], 'vital-sign-unlikely');
  }
}

/** HL7: a value that is coded as a vital sign has one of its units, whatever profile it names. */
function checkUnitByCode(resource: Fields, place: PathSegment[], report: Report): void {
  const sign = vitalSigns.find(
    (one) => !one.components && isCodedAs({ ...one, codes: onlyLoinc(one) }, resource.code),
  );
  const quantity = resource.valueQuantity;
  if (!sign || !isFields(quantity) || quantity.system !== ucum) return;
  checkUnit(sign, quantity, [...place, 'valueQuantity'], report);
}

const onlyLoinc = ({ codes }: VitalSign) => ({ [loinc]: codes[loinc] ?? [] });

/** LOINC tells by the code whether glucose is counted in moles or in mass. */
function checkGlucose(resource: Fields, place: PathSegment[], report: Report): void {
  const unit = glucoseUnit(resource.code);
  const quantity = resource.valueQuantity;
  if (!unit || !isFields(quantity) || quantity.system !== ucum || typeof quantity.code !== 'string') return;
  if (unit.fits.test(quantity.code)) return;
  report([...place, 'valueQuantity', 'code'], 'glucose-unit', { example: unit.example });
}
