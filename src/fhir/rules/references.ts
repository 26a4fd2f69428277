import { isDataAbsent } from '../data-absent.js';
import { type Fields, objectsIn } from '../walk-resource.js';
import type { NodeRule } from './rule.js';

/** MedMij: every Reference has `display`, or says why not. */
export const referenceHasDisplay: NodeRule = ({ value, path }, report) => {
  if (value.display !== undefined || isDataAbsent(value._display) || isDataAbsent(value)) return;
  report([...path, 'display'], 'a Reference needs display: the name a person knows it by');
};

/** MedMij, as a warning: a `urn:` reference names the fullUrl of an entry of the same bundle. */
export function urnReferenceResolves(fullUrls: ReadonlySet<string>): NodeRule {
  return ({ value, path }, report) => {
    const { reference } = value;
    if (typeof reference !== 'string' || !/^urn:/i.test(reference)) return;
    // A fragment names something inside the entry's resource.
    if (fullUrls.has(reference.replace(/#.*$/s, ''))) return;
    report([...path, 'reference'], 'no entry of this bundle has this fullUrl', 'warning');
  };
}

/** FHIR's rule ref-1: `#id` names a contained resource; `#` alone the resource around. */
export function localReferenceResolves(): NodeRule {
  const idsOf = new WeakMap<Fields, Set<unknown>>();
  return ({ value, path, container }, report) => {
    const { reference } = value;
    if (typeof reference !== 'string' || !reference.startsWith('#') || reference === '#') return;
    const ids = idsOf.get(container) ?? new Set(objectsIn(container.contained).map(({ id }) => id));
    idsOf.set(container, ids);
    if (ids.has(reference.slice(1))) return;
    report([...path, 'reference'], 'no contained resource has this id');
  };
}
