import { nearestName } from '../explain/nearest-name.js';
import { formatPath } from '../explain/path.js';
import type { PathSegment, Report } from '../explain/problem.js';
import { sendableList, sendableTypes } from '../structure/shapes.js';
import { type Fields, isFields } from '../walk-resource.js';
import type { BundleRule, Entry, EntryRule } from './rule.js';

/** A send is a batch or a transaction with at least one entry; each entry holds a resource and its request. */
export const bundleIsASend: BundleRule = (bundle, _entries, report) => {
  if (bundle.type !== 'batch' && bundle.type !== 'transaction') report(['type'], 'bundle-type');
  if (bundle.total !== undefined) report(['total'], 'bdl-1');
  if (bundle.entry === undefined) report(['entry'], 'bundle-empty');
  if (!Array.isArray(bundle.entry)) return;
  for (let index = 0; index < bundle.entry.length; index++) {
    const entry: unknown = bundle.entry[index];
    if (isFields(entry)) checkEntry(entry, ['entry', index], report);
  }
};

function checkEntry(entry: Fields, path: PathSegment[], report: Report): void {
  if (entry.search !== undefined) report([...path, 'search'], 'bdl-2');
  if (entry.response !== undefined) report([...path, 'response'], 'bdl-4');
  if (entry.request === undefined) report([...path, 'request'], 'bdl-3');
  const method = isFields(entry.request) ? entry.request.method : undefined;
  if (method === 'GET' || method === 'DELETE') report([...path, 'request', 'method'], 'request-method');
  else if (entry.resource === undefined) report([...path, 'resource'], 'resource-absent');
}

/** A transaction fails where two of its updates have one target. */
export const updatesAreSeparate: BundleRule = (bundle, entries, report) => {
  if (bundle.type !== 'transaction') return;
  const firstTo = new Map<string, Entry>();
  for (const entry of entries) {
    const { method, url } = entry.request;
    if (method !== 'PUT' || typeof url !== 'string') continue;
    const target = url.replace(/^\//, '');
    const first = firstTo.get(target);
    if (first) report([...entry.path, 'request', 'url'], 'put-twice', { other: formatPath(first.path) });
    else firstTo.set(target, entry);
  }
};

/** `ifNoneExist` is the search alone, and only a create asks for it. */
export const ifNoneExistFits: EntryRule = ({ request, path }, report) => {
  const { ifNoneExist, method } = request;
  if (typeof ifNoneExist !== 'string') return;
  const place = [...path, 'request', 'ifNoneExist'];
  if (!/^[^?/]+=/.test(ifNoneExist)) report(place, 'if-none-exist-form');
  else if (method !== undefined && method !== 'POST') report(place, 'if-none-exist-method');
};

/** Only resources of the types that the structure data describes can be sent by themselves. */
export const resourceIsSendable: EntryRule = ({ resource, path }, report) => {
  const { resourceType } = resource;
  if (typeof resourceType !== 'string' || sendableTypes.includes(resourceType)) return;
  const near = nearestName(resourceType, sendableTypes);
  report([...path, 'resource', 'resourceType'], 'resource-not-sendable', {
    type: /^[A-Za-z]{1,40}$/.test(resourceType) ? resourceType : '?',
    types: sendableList,
    hint: near ? { say: 'did-you-mean', values: { near } } : '',
  });
};

/** The url of a request is relative: the type for a POST, the type and the id (or a search) for a PUT. */
export const requestFitsResource: EntryRule = ({ resource, request, path }, report) => {
  const { url, method } = request;
  if (typeof url !== 'string' || !sendableTypes.includes(String(resource.resourceType))) return;
  const place = [...path, 'request', 'url'];
  if (/^https?:\/\/[^/]/i.test(url)) return report(place, 'request-url-absolute');
  if (/^[a-z][a-z0-9+.-]*:|^\/\/|[\s\\]|(?:^|\/)\.\.?(?:\/|$)/i.test(url))
    return report(place, 'request-url-form');
  const plain = url.replace(/^\//, '');
  const [address = '', search] = plain.split('?', 2);
  const [type, id, ...rest] = address.split('/');
  // An operation answers to its own rules.
  if (address.includes('$')) return;
  if (type !== resource.resourceType)
    return report(place, 'request-url-type', { type: String(resource.resourceType) });
  if (method === 'POST' && id !== undefined && id !== '')
    return report(place, 'request-url-post', { type: String(type) });
  if (method !== 'PUT') return;
  const isConditional = search !== undefined && id === undefined;
  const names = typeof resource.id === 'string' ? id === resource.id : id !== undefined;
  if (!isConditional && (!names || rest.length > 0)) report(place, 'request-url-put', { type: String(type) });
  else if (url.startsWith('/')) report(place, 'request-url-absolute');
};
