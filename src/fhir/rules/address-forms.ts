import type { NodeRule } from './rule.js';

const absolute = /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/;
const oid = /^urn:oid:[0-2](?:\.(?:0|[1-9]\d*))+$/;
const uuid = /^urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** RFC 6838 §4.2, with parameters as in RFC 2045 §5.1. */
const mediaType = /^[A-Za-z0-9][\w!#$&^.+-]*\/[A-Za-z0-9][\w!#$&^.+-]*\s*(?:;.*)?$/s;
/** The shape of RFC 5646 §2.1. */
const languageTag = /^(?:[A-Za-z]{2,8}|[ix])(?:-[A-Za-z0-9]{1,8})*$/;

/** A `system` that says it is an OID or a UUID is one. */
export const systemIsWhatItSays: NodeRule = ({ value, path }, report) => {
  if (typeof value.system === 'string' && !isWhatItSays(value.system))
    report([...path, 'system'], 'system-form');
};

/** Identifiers that are addresses themselves are whole ones. */
export const identifierIsAddress: NodeRule = ({ value, path }, report) => {
  if (value.system !== 'urn:ietf:rfc:3986' || typeof value.value !== 'string') return;
  // An OID of another root than 0, 1 or 2 is in published XDS documents.
  const isAddress = /^urn:oid:[\d.]+$/i.test(value.value) || isWhatItSays(value.value);
  if (!absolute.test(value.value) || !isAddress) report([...path, 'value'], 'identifier-address');
};

/** A contentType is a media type. */
export const contentTypeIsOne: NodeRule = ({ value, path }, report) => {
  if (typeof value.contentType === 'string' && !mediaType.test(value.contentType))
    report([...path, 'contentType'], 'content-type');
};

/** A language is a tag such as `nl` or `nl-NL`. */
export const languageIsTag: NodeRule = ({ value, path }, report) => {
  if (typeof value.language === 'string' && !languageTag.test(value.language))
    report([...path, 'language'], 'language-tag');
};

function isWhatItSays(address: string): boolean {
  if (/^urn:oid:/i.test(address)) return oid.test(address);
  return !/^urn:uuid:/i.test(address) || uuid.test(address);
}
