import { notSendable } from '../not-sendable.js';
import type { PathSegment, Report } from '../problem.js';
import { sendableTypes } from '../shapes.js';
import { type Fields, isFields } from '../walk-resource.js';
import type { BundleRule, EntryRule } from './rule.js';

const NOT_IN_A_SEND = { search: 'the answer to a search', response: 'the answer to a send' };

/** A send is a batch or a transaction with at least one entry; each entry holds a resource and its request. */
export const bundleIsASend: BundleRule = (bundle, _entries, report) => {
  if (bundle.type !== 'batch' && bundle.type !== 'transaction') {
    report(['type'], 'must be batch (self-measurements) or transaction (questionnaires, images, documents)');
  }
  if (bundle.total !== undefined) report(['total'], 'belongs in the answer to a search, not in a send');
  if (bundle.entry === undefined) report(['entry'], 'required: a list with at least one entry');
  if (!Array.isArray(bundle.entry)) return;
  for (let index = 0; index < bundle.entry.length; index++) {
    const entry: unknown = bundle.entry[index];
    if (isFields(entry)) checkEntry(entry, ['entry', index], report);
  }
};

function checkEntry(entry: Fields, path: PathSegment[], report: Report): void {
  for (const [key, where] of Object.entries(NOT_IN_A_SEND)) {
    if (entry[key] !== undefined) report([...path, key], `belongs in ${where}, not in a send`);
  }
  if (entry.request === undefined) report([...path, 'request'], 'required: the method and url of this entry');
  const method = isFields(entry.request) ? entry.request.method : undefined;
  if (method === 'GET' || method === 'DELETE') {
    report([...path, 'request', 'method'], 'a send only creates (POST) or updates (PUT)');
  } else if (entry.resource === undefined) report([...path, 'resource'], 'required: what this entry sends');
}

/** Only resources of the types that the structure data describes can be sent by themselves. */
export const resourceIsSendable: EntryRule = ({ resource, path }, report) => {
  const { resourceType } = resource;
  if (typeof resourceType !== 'string' || sendableTypes.includes(resourceType)) return;
  report([...path, 'resource', 'resourceType'], notSendable(resourceType));
};

/** As a warning: the request's url begins with the type of the resource, and a PUT's ends in its id. */
export const requestFitsResource: EntryRule = ({ resource, request, path }, report) => {
  const { url } = request;
  if (typeof url !== 'string' || /^[a-z]+:/i.test(url)) return;
  if (!sendableTypes.includes(String(resource.resourceType))) return;
  const [type, id] = url.split('?', 1)[0]?.split('/') ?? [];
  const fits = type === resource.resourceType && (id === undefined || id === resource.id);
  if (!fits) {
    const message = 'does not fit the resource: expected its type, for a PUT followed by / and its id';
    report([...path, 'request', 'url'], message, 'warning');
  }
};
