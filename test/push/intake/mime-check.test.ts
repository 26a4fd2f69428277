import { describe, expect, test } from '@jest/globals';
import { checkMimeType } from '../../../src/push/intake/mime-check.js';

const hex = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');
const padded = (head: Buffer) => Buffer.concat([head, Buffer.alloc(4100 - head.length)]);

/** The beginnings of real files. */
const heads = {
  pdf: Buffer.from('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n', 'latin1'),
  pdfAfterBytes: Buffer.concat([Buffer.alloc(900, 32), Buffer.from('%PDF-1.4\n')]),
  png: hex('89504e470d0a1a0a 0000000d 49484452 00000001 00000001 0806000000 1f15c489'),
  jpeg: hex('ffd8ffe0 0010 4a46494600 0101 0060 0060 0000 ffdb0043 00'),
  gif: Buffer.from('GIF89a\x01\x00\x01\x00\x80\x00\x00', 'latin1'),
  zip: hex('504b0304 1400 0000 0800 0000 0000 00000000 00000000 00000000 0500 0000 612e747874'),
  ole: hex('d0cf11e0a1b11ae1 00000000000000000000000000000000 3e000300feff0900'),
  gzip: hex('1f8b0800000000000003'),
  mp3: Buffer.from('ID3\x03\x00\x00\x00\x00\x00\x00', 'latin1'),
  mp4: Buffer.from('\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41', 'latin1'),
  exe: Buffer.from('MZ\x90\x00\x03\x00\x00\x00', 'latin1'),
  dicom: Buffer.concat([Buffer.alloc(128), Buffer.from('DICM')]),
  xml: Buffer.from('<?xml version="1.0" encoding="UTF-8"?><ClinicalDocument/>'),
  text: Buffer.from('Dear colleague,\n'),
};

type Head = keyof typeof heads;

describe('what the sender says fits the content', () => {
  test.each<[string, Head]>([
    ['application/pdf', 'pdf'],
    ['application/PDF', 'pdf'],
    ['application/pdf', 'pdfAfterBytes'],
    ['image/png', 'png'],
    ['image/jpeg', 'jpeg'],
    ['image/jpg', 'jpeg'],
    ['image/gif', 'gif'],
    ['application/zip', 'zip'],
    ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', 'zip'],
    ['application/msword', 'ole'],
    ['application/gzip', 'gzip'],
    ['audio/mpeg', 'mp3'],
    ['video/mp4', 'mp4'],
    ['application/dicom', 'dicom'],
    ['application/hl7-cda+xml', 'xml'],
    ['text/xml', 'xml'],
    ['text/plain', 'text'],
    ['application/fhir+json', 'text'],
    ['application/octet-stream', 'exe'],
    ['application/octet-stream', 'pdf'],
  ])('%s with the head of %s', async (declared, head) => {
    await expect(checkMimeType(declared, padded(heads[head]))).resolves.toBeUndefined();
    await expect(checkMimeType(declared, heads[head])).resolves.toBeUndefined();
  });
});

describe('a contradiction is refused with both types named', () => {
  test.each<[string, Head]>([
    ['application/pdf', 'png'],
    ['application/pdf', 'text'],
    ['image/png', 'pdf'],
    ['image/png', 'text'],
    ['image/png', 'jpeg'],
    ['image/jpeg', 'exe'],
    ['text/plain', 'exe'],
    ['text/plain', 'pdf'],
    ['application/zip', 'gzip'],
    ['application/msword', 'zip'],
    ['application/dicom', 'text'],
    ['video/mp4', 'gif'],
  ])('%s with the head of %s', async (declared, head) => {
    await expect(checkMimeType(declared, padded(heads[head]))).rejects.toMatchObject({
      code: 'MimeTypeMismatch',
      status: 422,
      values: { declared },
      details: [{ path: 'fileMeta.mimeType' }],
    });
  });
});

test('an empty head, and one of a single byte, do not confuse it', async () => {
  await expect(checkMimeType('text/plain', Buffer.alloc(0))).resolves.toBeUndefined();
  await expect(checkMimeType('text/plain', Buffer.from('x'))).resolves.toBeUndefined();
  await expect(checkMimeType('image/png', Buffer.from('x'))).rejects.toMatchObject({
    code: 'MimeTypeMismatch',
  });
});
