import { checkBundle, type Problem } from '../../src/fhir/index.js';

const lead = 'entry[0].resource';

/**
 * What is wrong with the structure of one resource: a Bundle as it is, any other inside one. The rules of a send, which a
 * person may overrule, are left out, but for the one about the types that can be sent.
 */
export function checkStructure(original: unknown): { problems: Problem[] } {
  // A published example has a citizen number in clear, which would hide what else is wrong at its place.
  const text = JSON.stringify(original)
    .replaceAll('/NamingSystem/bsn', '/NamingSystem/x')
    .replaceAll('2.16.840.1.113883.2.4.6.3', '2.16.840.1.113883.2.4.6.4');
  const resource: unknown = JSON.parse(text);
  const isBundle = (resource as { resourceType?: unknown } | null)?.resourceType === 'Bundle';
  const bundle = isBundle
    ? resource
    : { resourceType: 'Bundle', type: 'batch', entry: [{ resource, request: { method: 'POST', url: 'x' } }] };
  const { problems } = checkBundle(bundle);
  const structural = problems.filter(
    ({ severity, overridable, rule }) =>
      severity === 'error' && (!overridable || (rule === 'resource-not-sendable' && !isBundle)),
  );
  if (isBundle) return { problems: structural };
  const path = (full: string) => full.slice(lead.length).replace(/^\./, '');
  return { problems: structural.map((problem) => ({ ...problem, path: path(problem.path) })) };
}
