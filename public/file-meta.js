const typesByExtension = {
  csv: 'text/csv',
  dcm: 'application/dicom',
  gpx: 'application/gpx+xml',
  heic: 'image/heic',
  ics: 'text/calendar',
  json: 'application/json',
  md: 'text/markdown',
  vcf: 'text/vcard',
  xml: 'application/xml',
};

/* What kind of file it is: as the browser says, else by the ending of its name. */
export function mimeTypeOf(file) {
  const extension = file.name.split('.').pop().toLowerCase();
  return file.type || typesByExtension[extension] || 'application/octet-stream';
}

export function splitList(text) {
  return text
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
}

/* Puts the fields into `meta` and leaves alone what the fields do not know: further accounts, keys of one's own. */
export function metaWithFields(meta, fields) {
  const [first, ...others] = Array.isArray(meta.accounts) ? meta.accounts : [];
  const changed = {
    ...meta,
    mimeType: fields.mimeType.trim(),
    accounts: [{ ...first, accountId: fields.accountId.trim() }, ...others],
    reference: splitList(fields.reference),
    tags: splitList(fields.tags),
  };
  if (changed.reference.length === 0) delete changed.reference;
  if (changed.tags.length === 0) delete changed.tags;
  return changed;
}

export function fieldsOfMeta(meta) {
  const list = (value) => (Array.isArray(value) ? value.join(', ') : String(value ?? ''));
  return {
    mimeType: String(meta.mimeType ?? ''),
    accountId: String(meta.accounts?.[0]?.accountId ?? ''),
    reference: list(meta.reference),
    tags: list(meta.tags),
  };
}

/* The field of the form that a problem's path speaks of: `fileMeta.accounts[0].accountId` is `accountId`. */
export function fieldOfPath(path = '') {
  if (/^(fileMeta\.)?accounts?(Id)?\b/.test(path)) return 'accountId';
  const named = /^(?:fileMeta\.)?(mimeType|reference|tags)\b/.exec(path);
  if (named) return named[1];
  if (path === 'file') return 'file';
  return path.startsWith('fileMeta') ? 'fileMeta' : undefined;
}
