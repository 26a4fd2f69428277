import { createHash } from 'node:crypto';
import {
  FieldReader,
  type FormField,
  type FormInput,
  type FormResult,
  type MakeContext,
  zoneOf,
} from './form.js';
import { finish, from } from './made.js';
import { makePerson, personFields } from './person.js';

const title: FormField = { name: 'documentTitle', kind: 'text', required: true };
const file: FormField = { name: 'file', kind: 'file', required: true };
const writtenAt: FormField = { name: 'writtenAt', kind: 'moment', required: true };

/** What the form of a document asks for. */
export const documentFields: readonly FormField[] = [file, title, writtenAt, ...personFields];

const mhd = 'http://nictiz.nl/fhir/StructureDefinition/IHE.MHD.Minimal.DocumentReference';
const patientNote = { system: 'http://loinc.org', code: '51855-5', display: 'Patient Note' };

/**
 * Makes the transaction of one PDF: the person, the manifest that lists the document, what the document is, and its bytes.
 * Without a file the Binary is left out.
 */
export function makeDocument(input: FormInput, context: MakeContext): FormResult {
  const read = new FieldReader(input, context.now);
  const content = context.file?.content;
  const bytes = content === undefined ? undefined : Buffer.from(content, 'base64');
  if (bytes === undefined || bytes.length === 0) read.fail(file, 'missing');
  else if (!bytes.subarray(0, 1029).includes('%PDF-')) read.fail(file, 'pdf');
  const words = read.text(title);
  const moment = read.moment(writtenAt, zoneOf(input));
  const person = makePerson(read, context.newId());
  const [manifestId, documentId, binaryId] = [context.newId(), context.newId(), context.newId()];
  const contained = [{ resourceType: 'Patient', id: 'author', name: [person.name] }];
  const author = [{ reference: '#author', display: person.reference.display }];
  const described = {
    contained,
    status: 'current',
    subject: person.reference,
    author,
    description: from('documentTitle', words),
  };
  const made = finish({
    resourceType: 'Bundle',
    type: 'transaction',
    entry: [
      person.entry,
      {
        fullUrl: `urn:uuid:${manifestId}`,
        resource: {
          resourceType: 'DocumentManifest',
          meta: { profile: ['http://hl7.org/fhir/StructureDefinition/DocumentManifest'] },
          masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${manifestId}` },
          created: from('writtenAt', moment),
          ...described,
          content: [{ pReference: { reference: `urn:uuid:${documentId}`, display: words ?? 'PDF' } }],
        },
        request: { method: 'POST', url: 'DocumentManifest' },
      },
      {
        fullUrl: `urn:uuid:${documentId}`,
        resource: {
          resourceType: 'DocumentReference',
          meta: { profile: [mhd] },
          masterIdentifier: { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${documentId}` },
          type: { coding: [patientNote], text: 'Notitie van de patiënt' },
          indexed: from('writtenAt', moment),
          ...described,
          content: [
            {
              attachment: {
                contentType: 'application/pdf',
                url: bytes && `urn:uuid:${binaryId}`,
                size: from('file', bytes?.length),
                hash: from('file', bytes && createHash('sha1').update(bytes).digest('base64')),
                title: from('documentTitle', words),
                creation: from('writtenAt', moment),
              },
            },
          ],
        },
        request: { method: 'POST', url: 'DocumentReference' },
      },
      bytes && {
        fullUrl: `urn:uuid:${binaryId}`,
        resource: { resourceType: 'Binary', contentType: 'application/pdf', content: from('file', content) },
        request: { method: 'POST', url: 'Binary' },
      },
    ],
  });
  return { ...made, problems: read.problems };
}
