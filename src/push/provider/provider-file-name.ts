import { isFields } from '../../fhir/index.js';

/** What a bundle is about comes before whom it is about and what it is wrapped in. */
const subjects = [
  'Observation',
  'QuestionnaireResponse',
  'DocumentReference',
  'Media',
  'DocumentManifest',
  'Binary',
  'Patient',
];

/** `BloodPressure` → `blood-pressure`. */
const toKebab = (name: string) =>
  name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60);

/**
 * A name for a bundle that passed the check, for the ledger and the pages: `bundle-blood-pressure.json`. It is made of
 * types and profiles only, never of what is measured or of whom.
 */
export function bundleFileName(bundle: unknown): string {
  const entries = isFields(bundle) && Array.isArray(bundle.entry) ? bundle.entry.filter(isFields) : [];
  const resources = entries.map(({ resource }) => resource).filter(isFields);
  for (const type of subjects) {
    const found = resources.find(({ resourceType }) => resourceType === type);
    if (found !== undefined) return `bundle-${toKebab(zibOf(found) ?? type)}.json`;
  }
  return 'bundle.json';
}

/** The Dutch building block that the resource's first profile names, such as `BloodPressure`. */
function zibOf({ meta }: Readonly<Record<string, unknown>>): string | undefined {
  const profiles = isFields(meta) && Array.isArray(meta.profile) ? meta.profile : [];
  return /\/zib-([A-Za-z]+)$/.exec(String(profiles[0] ?? ''))?.[1];
}
