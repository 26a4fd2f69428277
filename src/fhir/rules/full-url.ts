import { formatPath } from '../explain/path.js';
import { isFields } from '../walk-resource.js';
import type { BundleRule, Entry, EntryRule } from './rule.js';

const uuid = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const oid = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/;

/** FHIR: a fullUrl is absolute and names no version (bdl-8): an http(s) address, a `urn:uuid:` or a `urn:oid:`. */
export const fullUrlIsAbsolute: EntryRule = ({ value, path }, report) => {
  const { fullUrl } = value;
  if (typeof fullUrl !== 'string') return;
  const place = [...path, 'fullUrl'];
  if (fullUrl.includes('/_history/')) return report(place, 'bdl-8');
  if (uuid.test(fullUrl) || oid.test(fullUrl)) return;
  if (isHttp(fullUrl) && URL.canParse(fullUrl)) return;
  report(place, 'full-url-form');
};

/** FHIR: an address agrees with `resource.id` where it ends in a type and an id; MedMij: a urn does as well (a warning). */
export const fullUrlAgreesWithId: EntryRule = ({ value, resource, path }, report) => {
  const { fullUrl } = value;
  const { id, resourceType } = resource;
  if (typeof fullUrl !== 'string' || typeof id !== 'string') return;
  if (isHttp(fullUrl)) {
    if (fullUrl.endsWith(`/${resourceType}/${id}`)) return;
    // An address that is not of a FHIR server may name the resource in its own way.
    const isRestful = /\/[A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64}$/.test(fullUrl);
    report([...path, 'fullUrl'], isRestful ? 'full-url-id' : 'full-url-urn-id');
  } else if (fullUrl.replace(/^urn:(uuid|oid):/i, '').toLowerCase() !== id.toLowerCase()) {
    report([...path, 'fullUrl'], 'full-url-urn-id');
  }
};

/** A PUT says where to, by fullUrl and by `resource.id`; a POST leaves both to the receiver (warnings). */
export const methodFitsIdentity: EntryRule = ({ value, resource, request, path }, report) => {
  // A conditional update finds its target by a search: neither is known yet (http.html#2.21.0.10.2).
  const isConditional = typeof request.url === 'string' && request.url.includes('?');
  if (request.method === 'PUT' && !isConditional) {
    if (value.fullUrl === undefined) report([...path, 'fullUrl'], 'put-full-url');
    if (resource.id === undefined) report([...path, 'resource', 'id'], 'put-id');
  }
  if (request.method !== 'POST') return;
  if (resource.id !== undefined) report([...path, 'resource', 'id'], 'post-id');
  if (typeof value.fullUrl === 'string' && isHttp(value.fullUrl))
    report([...path, 'fullUrl'], 'post-full-url');
};

/** FHIR's rule bdl-7: the same fullUrl twice only with different versions. */
export const fullUrlsAreUnique: BundleRule = (_bundle, entries, report) => {
  const firstWith = new Map<string, Entry>();
  for (const entry of entries) {
    const { fullUrl } = entry.value;
    if (typeof fullUrl !== 'string') continue;
    const { meta } = entry.resource;
    const version = isFields(meta) && typeof meta.versionId === 'string' ? meta.versionId : '';
    const key = `${version} ${fullUrl}`;
    const first = firstWith.get(key);
    if (first) report([...entry.path, 'fullUrl'], 'bdl-7', { other: formatPath(first.path) });
    else firstWith.set(key, entry);
  }
};

function isHttp(url: string): boolean {
  return /^https?:\/\/[^/]/i.test(url);
}
