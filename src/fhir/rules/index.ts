import type { Report } from '../problem.js';
import { type Fields, isFields, UNKNOWN, walkResource } from '../walk-resource.js';
import { codingIsComplete, conceptIsReadable } from './coding.js';
import { containedHoldsNone, containedIsKnown } from './contained.js';
import {
  absentReasonStandsAlone,
  attachmentHasContentType,
  contactPointHasSystem,
  periodRunsForward,
  quantityCodeHasSystem,
} from './data-types.js';
import { fullUrlAgreesWithId, fullUrlIsAbsolute, fullUrlsAreUnique, methodFitsIdentity } from './full-url.js';
import { bsnIsMasked, identifierIsComplete } from './identifiers.js';
import { bundleFollowsStandard } from './information-standard.js';
import { resourceHasProfile } from './profile.js';
import { localReferenceResolves, referenceHasDisplay, urnReferenceResolves } from './references.js';
import type { BundleRule, Entry, EntryRule, NodeRule } from './rule.js';
import { bundleIsASend, requestFitsResource, resourceIsSendable } from './send-bundle.js';
import { vitalSignIsComplete } from './vital-signs.js';

const bundleRules: readonly BundleRule[] = [bundleIsASend, fullUrlsAreUnique, bundleFollowsStandard];

const entryRules: readonly EntryRule[] = [
  resourceHasProfile,
  fullUrlIsAbsolute,
  fullUrlAgreesWithId,
  methodFitsIdentity,
  resourceIsSendable,
  requestFitsResource,
  vitalSignIsComplete,
];

const quantityRules: readonly NodeRule[] = [quantityCodeHasSystem];

function makeNodeRules(fullUrls: ReadonlySet<string>): Map<string, readonly NodeRule[]> {
  return new Map<string, readonly NodeRule[]>([
    ['Reference', [referenceHasDisplay, urnReferenceResolves(fullUrls), localReferenceResolves()]],
    ['CodeableConcept', [conceptIsReadable]],
    ['Coding', [codingIsComplete]],
    ['Identifier', [identifierIsComplete, bsnIsMasked]],
    // A contained resource of another type could carry the number as well.
    [UNKNOWN, [bsnIsMasked]],
    ['Period', [periodRunsForward]],
    ['Attachment', [attachmentHasContentType]],
    ['ContactPoint', [contactPointHasSystem]],
    ['Observation', [absentReasonStandsAlone]],
    ['Observation.component', [absentReasonStandsAlone]],
    ...['Quantity', 'Age', 'Count', 'Distance', 'Duration', 'Money'].map(
      (type) => [type, quantityRules] as const,
    ),
  ]);
}

/**
 * Reports what breaks the rules of a MedMij send, and the few of FHIR's own rules that join two elements. Copes with a
 * bundle whose structure is wrong; the value must have passed `isCheckable`.
 */
export function reportRules(bundle: Fields, report: Report): void {
  const entries = entriesOf(bundle);
  const fullUrls = new Set(
    entries.map(({ value }) => value.fullUrl).filter((url) => typeof url === 'string'),
  );
  const nodeRules = makeNodeRules(fullUrls);
  for (const rule of bundleRules) rule(bundle, entries, report);
  for (const entry of entries) {
    for (const rule of entryRules) rule(entry, report);
    walkResource(entry.resource, [...entry.path, 'resource'], (node) => {
      containedHoldsNone(node, report);
      containedIsKnown(node, report);
      for (const rule of nodeRules.get(node.type) ?? []) rule(node, report);
    });
  }
}

function entriesOf(bundle: Fields): Entry[] {
  if (!Array.isArray(bundle.entry)) return [];
  return bundle.entry.flatMap((value: unknown, index): Entry[] => {
    if (!isFields(value) || !isFields(value.resource)) return [];
    const request = isFields(value.request) ? value.request : {};
    return [{ path: ['entry', index], value, resource: value.resource, request }];
  });
}
