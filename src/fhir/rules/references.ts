import { nearestName } from '../explain/nearest-name.js';
import { otherResourceTypes } from '../structure/other-resource-types.js';
import { sendableTypes } from '../structure/shapes.js';
import { type Fields, objectsIn } from '../walk-resource.js';
import { isDataAbsent, isOnlyExtended, isPresent } from './data-absent.js';
import type { Entry, NodeRule } from './rule.js';

const resourceTypes = new Set([...sendableTypes, 'Bundle', 'Parameters', ...otherResourceTypes]);
const relative = /^([A-Za-z]+)\/([A-Za-z0-9.-]{1,64})(?:\/_history\/[A-Za-z0-9.-]{1,64})?(?:#.*)?$/;
const conditional = /^([A-Za-z]+)\?\S+$/;
const restful = /\/([A-Z][A-Za-z]+)\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?(?:#.*)?$/;
const urn = /^urn:(?:uuid|oid):\S+$/i;

/** MedMij: every Reference has `display`, or says why not. */
export const referenceHasDisplay: NodeRule = ({ value, path }, report) => {
  if (isPresent(value, 'display') || isDataAbsent(value) || isOnlyExtended(value)) return;
  report([...path, 'display'], 'reference-display');
};

/**
 * FHIR: a reference is `Type/id`, an absolute address, a `urn:`, `#id`, or in a transaction a search; it leads to a type
 * that its element allows. In a bundle the resource that it leads to tells the type, elsewhere its address does.
 */
export function referenceFits(entries: readonly Entry[]): NodeRule {
  const typeAt = new Map<unknown, unknown>();
  for (const { value, resource } of entries) typeAt.set(value.fullUrl, resource.resourceType);
  const containedIn = new WeakMap<Fields, Map<unknown, unknown>>();
  const containedTypes = (container: Fields) => {
    let types = containedIn.get(container);
    if (types === undefined) {
      types = new Map(objectsIn(container.contained).map(({ id, resourceType }) => [id, resourceType]));
      containedIn.set(container, types);
    }
    return types;
  };

  return ({ value, path, container, element }, report) => {
    const { reference } = value;
    if (typeof reference !== 'string') return;
    const place = [...path, 'reference'];
    let type: unknown;
    if (reference === '#') type = container.resourceType;
    else if (reference.startsWith('#')) {
      const types = containedTypes(container);
      if (!types.has(reference.slice(1))) return report(place, 'ref-1');
      type = types.get(reference.slice(1));
    } else if (/^urn:/i.test(reference)) {
      if (!urn.test(reference)) return report(place, 'reference-form');
      // A fragment names something inside the entry's resource.
      const fullUrl = reference.replace(/#.*$/s, '');
      if (!typeAt.has(fullUrl)) return report(place, 'reference-unresolved');
      type = typeAt.get(fullUrl);
    } else if (/^https?:\/\//i.test(reference)) {
      if (!URL.canParse(reference)) return report(place, 'reference-form');
      type = typeAt.get(reference) ?? restful.exec(reference)?.[1];
      if (!resourceTypes.has(String(type))) return;
    } else if (!/^[a-z][a-z0-9+.-]*:/i.test(reference)) {
      type = (relative.exec(reference) ?? conditional.exec(reference))?.[1];
      if (type === undefined) return report(place, 'reference-form');
      if (!resourceTypes.has(String(type))) {
        const near = nearestName(String(type), [...resourceTypes]);
        const hint = near ? { say: 'did-you-mean', values: { near } } : '';
        return report(place, 'reference-type', { hint });
      }
    } else if (/^(?:javascript|data|file|blob|vbscript):/i.test(reference))
      return report(place, 'reference-form');
    const targets = element?.targets;
    if (typeof type !== 'string' || targets === undefined || targets.includes(type)) return;
    report(place, 'reference-target', { type, targets: targets.join(', ') });
  };
}
