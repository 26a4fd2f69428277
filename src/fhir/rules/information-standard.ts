import type { Report } from '../problem.js';
import { type Fields, isFields, objectsIn } from '../walk-resource.js';
import type { BundleRule, Entry } from './rule.js';

interface Standard {
  name: string;
  /** A bundle with any of these is taken for one of this standard; the first that fits wins. */
  markedBy: readonly string[];
  bundleType: 'batch' | 'transaction';
  carries: readonly string[];
}

const STANDARDS: readonly Standard[] = [
  {
    name: 'a questionnaire',
    markedBy: ['QuestionnaireResponse', 'Task'],
    bundleType: 'transaction',
    carries: ['Task', 'QuestionnaireResponse'],
  },
  {
    name: 'a document',
    markedBy: ['DocumentManifest', 'DocumentReference'],
    bundleType: 'transaction',
    carries: ['Patient', 'DocumentManifest', 'DocumentReference', 'Binary'],
  },
  {
    name: 'images',
    markedBy: ['Media', 'List'],
    bundleType: 'transaction',
    carries: ['List', 'Media', 'Binary', 'Patient', 'PractitionerRole', 'Practitioner'],
  },
  {
    name: 'self-measurements',
    markedBy: ['Observation'],
    bundleType: 'batch',
    carries: ['Patient', 'Observation'],
  },
];

/** As warnings: the bundle has the type and the resources that MedMij's information standard for it describes. */
export const bundleFollowsStandard: BundleRule = (bundle, entries, report) => {
  const present = new Set(entries.map(({ resource }) => String(resource.resourceType)));
  const standard = STANDARDS.find(({ markedBy }) => markedBy.some((type) => present.has(type)));
  if (!standard) return;
  const { name, bundleType, carries } = standard;
  if ((bundle.type === 'batch' || bundle.type === 'transaction') && bundle.type !== bundleType) {
    report(
      ['type'],
      `${name} are usually sent as a ${bundleType}`.replace(/^(a .*) are/, '$1 is'),
      'warning',
    );
  }
  const absent = carries.filter((type) => !present.has(type));
  if (absent.length > 0) {
    report(['entry'], `${name}: usually sent together with ${absent.join(', ')}`, 'warning');
  }
  for (const entry of entries) {
    if (entry.resource.resourceType === 'Task') checkTask(entry, entries, report);
  }
};

function checkTask({ resource, request, path }: Entry, entries: readonly Entry[], report: Report): void {
  if (request.method === 'POST') {
    report([...path, 'request', 'method'], 'the task of a questionnaire is usually sent by PUT', 'warning');
  }
  if (resource.status !== undefined && resource.status !== 'completed') {
    const message = 'the task of an answered questionnaire is usually completed';
    report([...path, 'resource', 'status'], message, 'warning');
  }
  const answers = entries.filter(({ resource: other }) => other.resourceType === 'QuestionnaireResponse');
  const names = new Set(answers.flatMap(namesOf));
  if (answers.length > 0 && !outputsOf(resource).some((name) => names.has(name))) {
    const message = 'the output of the task usually refers to the QuestionnaireResponse of this bundle';
    report([...path, 'resource', 'output'], message, 'warning');
  }
}

function namesOf({ value, resource }: Entry): unknown[] {
  const relative = typeof resource.id === 'string' ? [`QuestionnaireResponse/${resource.id}`] : [];
  return [...relative, ...(typeof value.fullUrl === 'string' ? [value.fullUrl] : [])];
}

function outputsOf(task: Fields): unknown[] {
  return objectsIn(task.output).map(({ valueReference }) =>
    isFields(valueReference) ? valueReference.reference : undefined,
  );
}
