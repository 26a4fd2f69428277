import { isObject, isText, type JsonObject, type Problem } from './problem.js';

const fullUrlPattern =
  /^(https?:\/\/\S+|urn:uuid:[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}|urn:oid:[0-2](\.\d+)+)$/;

/** What is wrong with the addresses of the entries: `fullUrl`, `resource.id`, `request.url` and how they agree. */
export function entryUrlProblems(entries: unknown[]): Problem[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  entries.forEach((entry, index) => {
    if (!isObject(entry)) return;
    const at = `Bundle.entry[${index}]`;
    problems.push(...fullUrlProblems(entry, at), ...requestUrlProblems(entry, at));
    if (!isText(entry.fullUrl)) return;
    if (seen.has(entry.fullUrl)) {
      problems.push({
        severity: 'error',
        expression: `${at}.fullUrl`,
        message: 'is used by an earlier entry too',
      });
    }
    seen.add(entry.fullUrl);
  });
  entries.forEach((entry, index) => {
    if (!isObject(entry)) return;
    for (const { path, reference } of urnReferences(entry.resource, `Bundle.entry[${index}].resource`, 0)) {
      if (seen.has(reference)) continue;
      const message = `no entry of this bundle has the fullUrl ${reference}`;
      problems.push({ severity: 'warning', expression: path, message });
    }
  });
  return problems;
}

function fullUrlProblems({ fullUrl, resource, request }: JsonObject, at: string): Problem[] {
  const problems: Problem[] = [];
  const add = (severity: Problem['severity'], path: string, message: string) =>
    problems.push({ severity, expression: `${at}.${path}`, message });
  const id = isObject(resource) ? resource.id : undefined;
  const type = isObject(resource) ? String(resource.resourceType) : '';
  const method = isObject(request) ? request.method : undefined;
  if (fullUrl !== undefined && !(isText(fullUrl) && fullUrlPattern.test(fullUrl))) {
    add('error', 'fullUrl', 'must be an http(s) URL, urn:uuid: or urn:oid:');
  }
  const absolute = isText(fullUrl) && /^https?:/.test(fullUrl);
  // FHIR STU3, Bundle.entry.fullUrl: only what is not a urn has to end in the id.
  if (absolute && id !== undefined && !fullUrl.endsWith(`${type}/${String(id)}`)) {
    add('error', 'fullUrl', `must end in ${type}/${String(id)}, as resource.id says`);
  }
  if (method === 'PUT') {
    if (fullUrl === undefined) add('error', 'fullUrl', 'is missing: a PUT has one');
    if (id === undefined) add('error', 'resource.id', 'is missing: a PUT has one');
  }
  if (method === 'POST') {
    if (id !== undefined) add('warning', 'resource.id', 'is ignored: a POST gets a new id');
    if (absolute) add('warning', 'fullUrl', 'a POST is better given a urn:uuid: than an http address');
  }
  return problems;
}

function requestUrlProblems({ resource, request }: JsonObject, at: string): Problem[] {
  if (!isObject(request) || !isObject(resource)) return [];
  const { resourceType: type, id } = resource;
  const wanted = request.method === 'PUT' ? `${String(type)}/${String(id)}` : String(type);
  if (isText(request.url) && request.url.replace(/^\//, '') === wanted) return [];
  return [
    { severity: 'error', expression: `${at}.request.url`, message: `must be ${wanted} for this resource` },
  ];
}

function* urnReferences(
  value: unknown,
  path: string,
  depth: number,
): Generator<{ path: string; reference: string }> {
  if (depth > 100 || typeof value !== 'object' || value === null) return;
  for (const [key, child] of Object.entries(value)) {
    const at = Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}`;
    if (key === 'reference' && isText(child) && child.startsWith('urn:'))
      yield { path: at, reference: child };
    else yield* urnReferences(child, at, depth + 1);
  }
}
