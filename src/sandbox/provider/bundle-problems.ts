import { datatypeProblems } from './datatype-problems.js';
import { entryUrlProblems } from './entry-url-problems.js';
import { isObject, isText, type JsonObject, type Problem } from './problem.js';
import { vitalSignProblems } from './vital-sign-problems.js';

/** The resource types of the information standards that a push can carry. */
const carried = [
  'Binary',
  'Device',
  'DeviceMetric',
  'DocumentManifest',
  'DocumentReference',
  'List',
  'Media',
  'Observation',
  'Organization',
  'Patient',
  'Practitioner',
  'PractitionerRole',
  'QuestionnaireResponse',
  'RelatedPerson',
  'Task',
];

/** All that a MedMij receiver finds wrong with what was sent; errors refuse it, warnings do not. */
export function bundleProblems(bundle: unknown): Problem[] {
  const error = (expression: string, message: string): Problem => ({
    severity: 'error',
    expression,
    message,
  });
  if (!isObject(bundle) || bundle.resourceType !== 'Bundle') {
    return [error('Bundle', 'the body must be one Bundle (resourceType "Bundle")')];
  }
  const problems: Problem[] = [];
  if (bundle.type !== 'batch' && bundle.type !== 'transaction') {
    problems.push(error('Bundle.type', 'must be batch or transaction'));
  }
  if (!Array.isArray(bundle.entry) || bundle.entry.length === 0) {
    return [...problems, error('Bundle.entry', 'must be a list with at least one entry')];
  }
  const entries = bundle.entry as unknown[];
  entries.forEach((entry, index) => {
    const at = `Bundle.entry[${index}]`;
    if (!isObject(entry)) problems.push(error(at, 'must be an object with resource and request'));
    else problems.push(...entryProblems(entry, at));
  });
  return [...problems, ...entryUrlProblems(entries)];
}

function entryProblems(entry: JsonObject, at: string): Problem[] {
  const problems: Problem[] = [];
  const error = (expression: string, message: string) =>
    problems.push({ severity: 'error', expression, message });
  const { resource, request } = entry;
  if (!isObject(request)) error(`${at}.request`, 'is missing: { method, url }');
  else if (request.method !== 'POST' && request.method !== 'PUT') {
    error(`${at}.request.method`, 'must be POST or PUT: a push only sends');
  }
  if (!isObject(resource)) {
    error(`${at}.resource`, 'is missing');
    return problems;
  }
  const type = resource.resourceType;
  if (!isText(type) || !carried.includes(type)) {
    error(`${at}.resource.resourceType`, `must be one of ${carried.join(', ')}`);
  }
  if (type !== 'Binary' && !hasProfile(resource)) {
    error(`${at}.resource.meta.profile`, 'is missing: every resource but Binary names its profile');
  }
  return [
    ...problems,
    ...datatypeProblems(resource, `${at}.resource`),
    ...vitalSignProblems(resource, `${at}.resource`),
  ];
}

function hasProfile({ meta }: JsonObject): boolean {
  return (
    isObject(meta) && Array.isArray(meta.profile) && meta.profile.length > 0 && meta.profile.every(isText)
  );
}
