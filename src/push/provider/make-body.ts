import express, { type Request, type RequestHandler, type Response } from 'express';
import multer from 'multer';
import { AppError } from '../../errors.js';
import type { ChosenFile, FormInput } from '../../fhir/index.js';
import { maxResourceBytes, readBody } from './provider-body.js';

/** The largest file whose bundle, in which it stands in base64, may still be sent. */
export const maxFileBytes = Math.floor((maxResourceBytes - 64 * 1024) * 0.75);
/** The definition of a questionnaire comes along with the answers to it. */
const maxFieldBytes = 512 * 1024;

const readEncoded = express.urlencoded({ extended: false, limit: 2 * maxFieldBytes, parameterLimit: 600 });
const readParts = multer({
  storage: multer.memoryStorage(),
  limits: {
    fieldNameSize: 100,
    fieldSize: maxFieldBytes,
    fields: 600,
    files: 1,
    parts: 601,
    headerPairs: 40,
    fileSize: maxFileBytes,
    fieldNestingDepth: 0,
    fieldArrayIndexLimit: 0,
  },
}).single('file');

/** What a form for a bundle sends. */
export interface MakeRequest {
  input: FormInput;
  file?: ChosenFile;
  /** The bundle goes to the page that sends it; otherwise it is shown beside the form. */
  isFinal: boolean;
  /** The definition of a questionnaire, as JSON text. */
  definition: string | undefined;
  connection: string | undefined;
}

/**
 * Reads what a form for a bundle sends, as multipart or percent-encoded.
 * @throws AppError UnsupportedMediaType, ProviderResourceTooLarge, UnexpectedField, MalformedMultipart, UploadAborted
 */
export async function receiveMakeRequest(req: Request, res: Response): Promise<MakeRequest> {
  await readBody(req, res, parserFor(req));
  const body: Record<string, unknown> = typeof req.body === 'object' && req.body !== null ? req.body : {};
  const input = Object.fromEntries(
    Object.entries(body).filter((pair): pair is [string, string | string[]] =>
      [pair[1]].flat().every((value) => typeof value === 'string'),
    ),
  );
  const one = (name: string) =>
    typeof input[name] === 'string' && input[name] !== '' ? input[name] : undefined;
  const file = req.file && { name: req.file.originalname, content: req.file.buffer.toString('base64') };
  return {
    input,
    ...(file && { file }),
    isFinal: one('action') === 'use',
    definition: one('definition'),
    connection: one('connection'),
  };
}

function parserFor(req: Request): RequestHandler {
  if (req.is('multipart/form-data')) return readParts;
  if (req.is('application/x-www-form-urlencoded')) return readEncoded;
  throw new AppError('UnsupportedMediaType');
}
