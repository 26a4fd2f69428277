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
const mimeType = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/i;
const maxEntries = 50;
const maxCharacters = 256;
const maxHeaderBytes = 8192;
/* The signature and the other parts of a signed descriptor. */
const signingBytes = 36 + 2 + 683;

/* What kind of file it is: by its first bytes where they tell (`found`), else as the browser says, else by its name. */
export function mimeTypeOf(file, found) {
  const extension = file.name.split('.').pop().toLowerCase();
  return found || file.type || typesByExtension[extension] || 'application/octet-stream';
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

/*
 * What the app would refuse in a description, before anything is sent: `[{ path, message }]`, where `message` is the
 * key of a sentence in the words `fields`. The rules are those of `src/push/intake/file-meta.ts`.
 */
export function problemsOfMeta(meta) {
  const problems = [];
  const report = (path, message) => problems.push({ path: `fileMeta.${path}`, message });
  const checkText = (path, value, max = maxCharacters) => {
    if (typeof value !== 'string') report(path, 'text');
    else if (value.trim() === '') report(path, 'required');
    else if (value.trim().length > max) report(path, 'tooLong');
  };
  const checkList = (name) => {
    const list = meta[name];
    if (list === undefined) return;
    if (!Array.isArray(list)) return report(name, 'listOfTexts');
    if (list.length > maxEntries) report(name, 'tooMany');
    list.forEach((entry, index) => {
      checkText(`${name}[${index}]`, entry);
    });
  };
  checkText('mimeType', meta.mimeType, 255);
  if (problems.length === 0 && !mimeType.test(meta.mimeType.trim())) report('mimeType', 'mimeType');
  if (!Array.isArray(meta.accounts) || meta.accounts.length === 0) report('accounts', 'accounts');
  else if (meta.accounts.length > maxEntries) report('accounts', 'tooMany');
  else
    meta.accounts.forEach((account, index) => {
      checkText(`accounts[${index}].accountId`, account?.accountId);
    });
  checkList('reference');
  checkList('tags');
  for (const key of Object.keys(meta))
    if (!['mimeType', 'accounts', 'reference', 'tags'].includes(key)) report(key, 'unknownKey');
  const bytes = new TextEncoder().encode(JSON.stringify({ metadata: meta })).length;
  if (Math.ceil((bytes * 4) / 3) + signingBytes > maxHeaderBytes)
    problems.push({ path: 'fileMeta', message: 'descriptorTooLarge' });
  return problems;
}
