import type { Report } from '../explain/problem.js';
import { type Fields, isFields, objectsIn } from '../walk-resource.js';
import type { BundleRule, Entry } from './rule.js';

interface Standard {
  /** Key of its words. */
  name: string;
  /** A bundle with any of these is taken for one of this standard; the first that fits wins. */
  markedBy: readonly string[];
  bundleType: 'batch' | 'transaction';
  carries: readonly string[];
}

const standards: readonly Standard[] = [
  {
    name: 'standard-questionnaire',
    markedBy: ['QuestionnaireResponse', 'Task'],
    bundleType: 'transaction',
    carries: ['Task', 'QuestionnaireResponse'],
  },
  {
    name: 'standard-document',
    markedBy: ['DocumentManifest', 'DocumentReference'],
    bundleType: 'transaction',
    carries: ['Patient', 'DocumentManifest', 'DocumentReference', 'Binary'],
  },
  {
    name: 'standard-images',
    markedBy: ['Media', 'List'],
    bundleType: 'transaction',
    carries: ['List', 'Media', 'Binary', 'Patient', 'PractitionerRole', 'Practitioner'],
  },
  {
    name: 'standard-measurements',
    markedBy: ['Observation'],
    bundleType: 'batch',
    carries: ['Patient', 'Observation'],
  },
];

/** As warnings: the bundle has the type and the resources that MedMij's information standard for it describes. */
export const bundleFollowsStandard: BundleRule = (bundle, entries, report) => {
  const present = new Set(entries.map(({ resource }) => String(resource.resourceType)));
  const standard = standards.find(({ markedBy }) => markedBy.some((type) => present.has(type)));
  if (!standard) return;
  const { name, bundleType, carries } = standard;
  if ((bundle.type === 'batch' || bundle.type === 'transaction') && bundle.type !== bundleType) {
    report(['type'], 'standard-bundle-type', { standard: { say: name }, bundleType });
  }
  const absent = carries.filter((type) => !present.has(type));
  if (absent.length > 0) {
    report(['entry'], 'standard-resources', { standard: { say: name }, types: absent.join(', ') });
  }
  const answers = new Set(
    entries.filter(({ resource }) => resource.resourceType === 'QuestionnaireResponse').flatMap(namesOf),
  );
  for (const entry of entries) {
    if (entry.resource.resourceType === 'Task') checkTask(entry, answers, report);
  }
};

function checkTask({ resource, request, path }: Entry, answers: ReadonlySet<unknown>, report: Report): void {
  if (request.method === 'POST') report([...path, 'request', 'method'], 'task-method');
  if (resource.status !== undefined && resource.status !== 'completed') {
    report([...path, 'resource', 'status'], 'task-status');
  }
  if (answers.size > 0 && !outputsOf(resource).some((name) => answers.has(name))) {
    report([...path, 'resource', 'output'], 'task-output');
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
