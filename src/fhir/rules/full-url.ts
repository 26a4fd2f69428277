import { formatPath } from '../path.js';
import type { BundleRule, Entry, EntryRule } from './rule.js';

const UUID = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const OID = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/;

/** MedMij: a fullUrl is an http(s) address, a `urn:uuid:` or a `urn:oid:`. */
export const fullUrlIsAbsolute: EntryRule = ({ value, path }, report) => {
  const { fullUrl } = value;
  if (typeof fullUrl !== 'string' || UUID.test(fullUrl) || OID.test(fullUrl)) return;
  if (isHttp(fullUrl) && URL.canParse(fullUrl)) return;
  report([...path, 'fullUrl'], 'must be http://…, https://…, urn:uuid: with a UUID, or urn:oid: with an OID');
};

/** MedMij: fullUrl and `resource.id` name the same thing where both are there. */
export const fullUrlAgreesWithId: EntryRule = ({ value, resource, path }, report) => {
  const { fullUrl } = value;
  const { id, resourceType } = resource;
  if (typeof fullUrl !== 'string' || typeof id !== 'string') return;
  const agrees = isHttp(fullUrl)
    ? fullUrl.endsWith(`/${resourceType}/${id}`)
    : /^urn:(uuid|oid):/i.test(fullUrl) &&
      fullUrl.replace(/^urn:(uuid|oid):/i, '').toLowerCase() === id.toLowerCase();
  if (!agrees) {
    report(
      [...path, 'fullUrl'],
      'must agree with resource.id: an address ends in /type/id, a urn in the id itself',
    );
  }
};

/** MedMij: a PUT says where to, by fullUrl and by `resource.id`; a POST leaves both to the receiver (warnings). */
export const methodFitsIdentity: EntryRule = ({ value, resource, request, path }, report) => {
  if (request.method === 'PUT') {
    if (value.fullUrl === undefined) report([...path, 'fullUrl'], 'a PUT needs a fullUrl');
    if (resource.id === undefined) report([...path, 'resource', 'id'], 'a PUT needs the id of the resource');
  }
  if (request.method !== 'POST') return;
  if (resource.id !== undefined) {
    const message = 'a POST leaves the id to the receiver, which will replace this one';
    report([...path, 'resource', 'id'], message, 'warning');
  }
  if (typeof value.fullUrl === 'string' && isHttp(value.fullUrl)) {
    const message = 'a POST makes something new, which has no address yet: better urn:uuid:';
    report([...path, 'fullUrl'], message, 'warning');
  }
};

/** MedMij: no two entries have the same fullUrl. */
export const fullUrlsAreUnique: BundleRule = (_bundle, entries, report) => {
  const firstWith = new Map<string, Entry>();
  for (const entry of entries) {
    const { fullUrl } = entry.value;
    if (typeof fullUrl !== 'string') continue;
    const first = firstWith.get(fullUrl);
    if (first) report([...entry.path, 'fullUrl'], `must be unique: ${formatPath(first.path)} has the same`);
    else firstWith.set(fullUrl, entry);
  }
};

function isHttp(url: string): boolean {
  return /^https?:\/\/[^/]/i.test(url);
}
