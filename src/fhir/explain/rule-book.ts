/**
 * How much a rule weighs: `blocking` is broken JSON, broken structure or a citizen number, which nobody may overrule;
 * an `error` a person may overrule; a `warning` stops nothing.
 */
export type RuleLevel = 'blocking' | 'error' | 'warning';

interface Rule {
  level: RuleLevel;
  source: string;
}

const stu3 = 'http://hl7.org/fhir/STU3';
/** Nictiz: what holds for every information standard of MedMij in STU3. */
const medmij = 'https://informatiestandaarden.nictiz.nl/wiki/FHIR:V1.0_FHIR_IG_STU3';
const zib = 'https://zibs.nl/wiki/HCIM_Release_2017(EN)';
const rfc8259 = 'https://www.rfc-editor.org/rfc/rfc8259';

const blocking = (source: string): Rule => ({ level: 'blocking', source });
const error = (source: string): Rule => ({ level: 'error', source });
const warning = (source: string): Rule => ({ level: 'warning', source });

/** Every rule of the check with its level and its source. A rule that no publication demands is a warning. */
export const ruleBook = {
  'utf8-invalid': blocking('https://www.rfc-editor.org/rfc/rfc8259#section-8.1'),
  'json-empty': blocking(rfc8259),
  'json-end-expected': blocking(rfc8259),
  'json-comma-expected': blocking(rfc8259),
  'json-trailing-comma': blocking(rfc8259),
  'json-name-expected': blocking(rfc8259),
  'json-duplicate-name': blocking(`${stu3}/json.html`),
  'json-colon-expected': blocking(rfc8259),
  'json-value-expected': blocking(rfc8259),
  'json-too-deep': blocking(`${rfc8259}#section-9`),
  'json-control-character': blocking(`${rfc8259}#section-7`),
  'json-text-without-end': blocking(`${rfc8259}#section-7`),
  'json-escape': blocking(`${rfc8259}#section-7`),

  'too-many-values': blocking(`${rfc8259}#section-9`),
  'too-deep': blocking(`${rfc8259}#section-9`),
  'not-json': blocking(rfc8259),
  'not-a-bundle': blocking(`${stu3}/bundle.html`),
  'single-resource': blocking(`${stu3}/bundle.html`),
  'unknown-element': blocking(`${stu3}/json.html`),
  'unknown-element-near': blocking(`${stu3}/json.html`),
  'unknown-element-choice': blocking(`${stu3}/formats.html#choice`),
  missing: blocking(`${stu3}/conformance-rules.html#cardinality`),
  'missing-choice': blocking(`${stu3}/formats.html#choice`),
  'second-value': blocking(`${stu3}/formats.html#choice`),
  'null-in-list': blocking(`${stu3}/json.html#null`),
  'code-set': blocking(`${stu3}/terminologies.html#required`),
  'code-set-near': blocking(`${stu3}/terminologies.html#required`),
  'empty-list': blocking(`${stu3}/json.html`),
  'empty-object': blocking(`${stu3}/json.html`),
  'empty-text': blocking(`${stu3}/datatypes.html#string`),
  'resource-type-missing': blocking(`${stu3}/json.html#resources`),
  'resource-type-unknown': blocking(`${stu3}/resourcelist.html`),
  expected: blocking(`${stu3}/datatypes.html#primitive`),
  'list-expected': blocking(`${stu3}/json.html`),
  'object-not-list': blocking(`${stu3}/json.html`),
  'object-expected': blocking(`${stu3}/json.html`),
  invalid: blocking(`${stu3}/validation.html`),

  'bsn-identifier': blocking(medmij),
  'bsn-named': blocking(medmij),
  'bsn-in-address': blocking(medmij),
  'bsn-value': error(medmij),
  'bsn-perhaps': warning(medmij),

  'bundle-type': error(`${stu3}/http.html#transaction`),
  'bundle-empty': error(`${stu3}/http.html#transaction`),
  'bdl-1': error(`${stu3}/bundle.html#invs`),
  'bdl-2': error(`${stu3}/bundle.html#invs`),
  'bdl-3': error(`${stu3}/bundle.html#invs`),
  'bdl-4': error(`${stu3}/bundle.html#invs`),
  'bdl-7': error(`${stu3}/bundle.html#invs`),
  'bdl-8': error(`${stu3}/bundle.html#invs`),
  'request-method': error(medmij),
  'resource-absent': error(`${stu3}/bundle.html#invs`),
  'resource-not-sendable': error(medmij),
  'request-url-form': error(`${stu3}/bundle-definitions.html#Bundle.entry.request.url`),
  'request-url-type': error(`${stu3}/http.html#transaction`),
  'request-url-post': error(`${stu3}/http.html#create`),
  'request-url-put': error(`${stu3}/http.html#update`),
  'request-url-absolute': warning(`${stu3}/bundle-definitions.html#Bundle.entry.request.url`),
  'full-url-form': error(`${stu3}/bundle-definitions.html#Bundle.entry.fullUrl`),
  'full-url-id': error(`${stu3}/bundle-definitions.html#Bundle.entry.fullUrl`),
  'full-url-urn-id': warning(medmij),
  'put-full-url': error(medmij),
  'put-id': error(`${stu3}/http.html#update`),
  'post-id': warning(`${stu3}/http.html#create`),
  'post-full-url': warning(medmij),
  profile: error(medmij),

  'reference-display': error(medmij),
  'reference-form': error(`${stu3}/references.html#literal`),
  'reference-type': error(`${stu3}/references.html#literal`),
  'reference-target': error(`${stu3}/references.html`),
  'reference-unresolved': warning(`${stu3}/bundle.html#references`),
  'ref-1': error(`${stu3}/references.html#invs`),
  'concept-words': error(medmij),
  'coding-code': error(medmij),
  'coding-system': error(medmij),
  'coding-code-loose': warning(`${stu3}/datatypes.html#Coding`),
  'coding-system-value-set': error(`${stu3}/datatypes-definitions.html#Coding.system`),
  'coding-system-r4': error(`${stu3}/terminologies-systems.html`),
  'coding-system-form': error(`${stu3}/datatypes-definitions.html#Coding.system`),
  'coding-unknown-code': error(`${stu3}/terminologies-systems.html`),
  'identifier-value': error(medmij),
  'identifier-system': error(medmij),
  'attachment-url': error(`${stu3}/datatypes-definitions.html#Attachment.url`),
  'attachment-size': error(`${stu3}/datatypes-definitions.html#Attachment.size`),
  'binary-not-its-type': error(`${stu3}/binary-definitions.html#Binary.contentType`),
  'contained-unchecked': warning(`${stu3}/references.html#contained`),
  'narrative-elements': error(`${stu3}/narrative.html#xhtml`),
  'narrative-entities': warning(`${stu3}/narrative.html#xhtml`),

  'vital-sign-type': error(zib),
  'vital-sign-category': error(`${stu3}/vitalsigns.html`),
  'vital-sign-category-system': error(`${stu3}/vitalsigns.html`),
  'vital-sign-time': error(`${stu3}/vitalsigns.html`),
  'vital-sign-subject': error(`${stu3}/vitalsigns.html`),
  'vital-sign-code': error(`${stu3}/vitalsigns.html`),
  'vital-sign-value': error(`${stu3}/vitalsigns.html`),
  'vital-sign-quantity': error(`${stu3}/vitalsigns.html`),
  'vital-sign-unit-words': warning(`${stu3}/vitalsigns.html`),
  'vital-sign-unit-system': error(`${stu3}/vitalsigns.html`),
  'vital-sign-unit': error(`${stu3}/vitalsigns.html`),
  'vital-sign-component': error(`${stu3}/vitalsigns.html`),
  'vital-sign-unlikely': warning(zib),
  'glucose-unit': error('https://loinc.org/14743-9'),

  'standard-bundle-type': warning(medmij),
  'standard-resources': warning(medmij),
  'task-method': warning(medmij),
  'task-status': warning(medmij),
  'task-output': warning(medmij),

  'dom-1': error(`${stu3}/domainresource.html#invs`),
  'dom-2': error(`${stu3}/domainresource.html#invs`),
  'dom-3': error(`${stu3}/domainresource.html#invs`),
  'dom-4': error(`${stu3}/domainresource.html#invs`),
  'pat-1': error(`${stu3}/patient.html#invs`),
  'obs-3': error(`${stu3}/observation.html#invs`),
  'obs-6': error(`${stu3}/observation.html#invs`),
  'obs-7': error(`${stu3}/observation.html#invs`),
  'qrs-1': error(`${stu3}/questionnaireresponse.html#invs`),
  'inv-1': error(`${stu3}/task.html#invs`),
  'lst-1': error(`${stu3}/list.html#invs`),
  'lst-2': error(`${stu3}/list.html#invs`),
  'mda-1': error(`${stu3}/media.html#invs`),
  'mda-2': error(`${stu3}/media.html#invs`),
  'mda-3': error(`${stu3}/media.html#invs`),
  'mda-4': error(`${stu3}/media.html#invs`),
  'org-1': error(`${stu3}/organization.html#invs`),
  'org-2': error(`${stu3}/organization.html#invs`),
  'org-3': error(`${stu3}/organization.html#invs`),
  'cpt-2': error(`${stu3}/datatypes.html#ContactPoint`),
  'att-1': error(`${stu3}/datatypes.html#Attachment`),
  'per-1': error(`${stu3}/datatypes.html#Period`),
  'qty-3': error(`${stu3}/datatypes.html#Quantity`),
  'rng-2': error(`${stu3}/datatypes.html#Range`),
  'rat-1': error(`${stu3}/datatypes.html#Ratio`),
  'age-1': error(`${stu3}/datatypes.html#Age`),
  'cnt-3': error(`${stu3}/datatypes.html#Count`),
  'dis-1': error(`${stu3}/datatypes.html#Distance`),
  'drt-1': error(`${stu3}/datatypes.html#Duration`),
  'mny-1': error(`${stu3}/datatypes.html#Money`),
  'tim-1': error(`${stu3}/datatypes.html#Timing`),
  'tim-2': error(`${stu3}/datatypes.html#Timing`),
  'tim-4': error(`${stu3}/datatypes.html#Timing`),
  'tim-5': error(`${stu3}/datatypes.html#Timing`),
  'tim-6': error(`${stu3}/datatypes.html#Timing`),
  'tim-7': error(`${stu3}/datatypes.html#Timing`),
  'tim-8': error(`${stu3}/datatypes.html#Timing`),
  'tim-9': error(`${stu3}/datatypes.html#Timing`),
  'tim-10': error(`${stu3}/datatypes.html#Timing`),
} as const satisfies Record<string, Rule>;

export type RuleId = keyof typeof ruleBook;

/** The level and the source of a rule. */
export const ruleOf = (id: RuleId): Rule => ruleBook[id];
