import type { Report } from '../explain/problem.js';
import { type Fields, isFields, walkResource } from '../walk-resource.js';
import { contentTypeIsOne, identifierIsAddress, languageIsTag, systemIsWhatItSays } from './address-forms.js';
import { codeIsWellFormed, systemIsNamedAsHl7Does } from './code-forms.js';
import { codingIsComplete, codingIsKnown, conceptIsReadable } from './coding.js';
import { containedIsBare, containedIsKnown, containedIsUsed } from './contained.js';
import { attachmentFits, binaryIsItsType, narrativeIsPlain } from './content.js';
import { fullUrlAgreesWithId, fullUrlIsAbsolute, fullUrlsAreUnique, methodFitsIdentity } from './full-url.js';
import { identifierIsComplete } from './identifiers.js';
import { bundleFollowsStandard } from './information-standard.js';
import { invariantRules } from './invariants.js';
import { datesHaveCome, documentIsListed, subjectIsOne } from './one-person.js';
import { profileFits, resourceHasProfile } from './profile.js';
import { referenceFits, referenceHasDisplay } from './references.js';
import type { BundleRule, Entry, EntryRule, NodeRule } from './rule.js';
import {
  bundleIsASend,
  ifNoneExistFits,
  requestFitsResource,
  resourceIsSendable,
  updatesAreSeparate,
} from './send-bundle.js';
import { unitIsOfUcum } from './units.js';
import { vitalSignIsComplete } from './vital-signs.js';

const bundleRules: readonly BundleRule[] = [
  bundleIsASend,
  fullUrlsAreUnique,
  updatesAreSeparate,
  bundleFollowsStandard,
  documentIsListed,
  subjectIsOne,
];

const entryRules: readonly EntryRule[] = [
  resourceHasProfile,
  profileFits,
  datesHaveCome,
  fullUrlIsAbsolute,
  fullUrlAgreesWithId,
  methodFitsIdentity,
  resourceIsSendable,
  requestFitsResource,
  ifNoneExistFits,
  vitalSignIsComplete,
];

const resourceRules: readonly NodeRule[] = [
  containedIsBare,
  containedIsUsed,
  containedIsKnown,
  languageIsTag,
];
const invariants = invariantRules();
const quantityTypes = ['Quantity', 'Age', 'Count', 'Distance', 'Duration'];

/** The rules about one kind of object, some of which look at the other entries of the bundle. */
function nodeRulesFor(entries: readonly Entry[]): Map<string, readonly NodeRule[]> {
  const rules = new Map<string, readonly NodeRule[]>([
    ['Reference', [referenceHasDisplay, referenceFits(entries)]],
    ['CodeableConcept', [conceptIsReadable]],
    [
      'Coding',
      [codingIsComplete, codingIsKnown, systemIsNamedAsHl7Does, systemIsWhatItSays, codeIsWellFormed],
    ],
    ['Identifier', [identifierIsComplete, systemIsWhatItSays, identifierIsAddress]],
    ...quantityTypes.map((type) => [type, [systemIsNamedAsHl7Does, unitIsOfUcum]] as const),
    ['Attachment', [attachmentFits(entries), contentTypeIsOne, languageIsTag]],
    ['Binary', [binaryIsItsType, contentTypeIsOne]],
    ['Narrative', [narrativeIsPlain]],
  ]);
  for (const [type, own] of invariants) rules.set(type, [...(rules.get(type) ?? []), ...own]);
  return rules;
}

/**
 * Reports what breaks the rules of a MedMij send and the invariants of FHIR that join several elements. Copes with a
 * bundle whose structure is wrong; the value must have passed `isCheckable`.
 */
export function reportRules(bundle: Fields, report: Report): void {
  const entries = entriesOf(bundle);
  const nodeRules = nodeRulesFor(entries);
  for (const rule of bundleRules) rule(bundle, entries, report);
  for (const entry of entries) {
    for (const rule of entryRules) rule(entry, report);
    walkResource(entry.resource, [...entry.path, 'resource'], (node) => {
      if (node.value.resourceType !== undefined) for (const rule of resourceRules) rule(node, report);
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
