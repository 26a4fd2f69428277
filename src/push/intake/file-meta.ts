import { z } from 'zod';
import { AppError, type Problem } from '../../errors.js';

/** The file descriptor of `protocol.md`, as it is signed into the `FileDescriptor` header. */
export interface FileDescriptor {
  mimeType: string;
  accounts: { accountId: string }[];
  reference?: string[];
  tags?: string[];
}

/** RFC 6838 §4.2: type and subtype of at most 127 characters each. */
const mimeTypePattern = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;

const text = (max: number) =>
  z.string('fields:text').trim().min(1, 'fields:required').max(max, 'fields:tooLong');
const texts = z.array(text(256), 'fields:listOfTexts').max(50, 'fields:tooMany').optional();

const descriptorSchema = z.strictObject(
  {
    mimeType: text(255).regex(mimeTypePattern, 'fields:mimeType'),
    accounts: z
      .array(z.strictObject({ accountId: text(256) }, 'fields:account'), 'fields:accounts')
      .min(1, 'fields:accounts')
      .max(50, 'fields:tooMany'),
    reference: texts,
    tags: texts,
  },
  'fields:descriptor',
);

/** The path of a problem as people write it: `fileMeta.accounts[0].accountId`. */
function pathOf(parts: readonly PropertyKey[]): string {
  return parts.reduce<string>(
    (path, part) => (typeof part === 'number' ? `${path}[${part}]` : `${path}.${String(part)}`),
    'fileMeta',
  );
}

function problemsOf(error: z.ZodError): Problem[] {
  return error.issues.flatMap((issue): Problem[] => {
    if (issue.code !== 'unrecognized_keys')
      return [
        {
          path: pathOf(issue.path),
          message: issue.message,
          ...('maximum' in issue && { values: { max: Number(issue.maximum) } }),
        },
      ];
    return issue.keys.map((key) => ({
      path: pathOf([...issue.path, key.slice(0, 100)]),
      message: 'fields:unknownKey',
    }));
  });
}

/**
 * A signed descriptor travels in a header of at most 8 kB: base64url of the claims, plus the protected header and a
 * signature of up to 512 bytes.
 */
const maxDescriptorBytes = 8192;
const signedLength = (descriptor: FileDescriptor) =>
  Math.ceil((Buffer.byteLength(JSON.stringify({ metadata: descriptor })) * 4) / 3) + 36 + 2 + 683;

/** @throws AppError FileMetaInvalid with every problem by its path; DescriptorTooLarge */
export function checkDescriptor(value: unknown): FileDescriptor {
  const parsed = descriptorSchema.safeParse(value);
  if (!parsed.success)
    throw new AppError('FileMetaInvalid', { details: problemsOf(parsed.error).slice(0, 50) });
  const { reference, tags, ...required } = parsed.data;
  const descriptor = { ...required, ...(reference?.length && { reference }), ...(tags?.length && { tags }) };
  if (signedLength(descriptor) > maxDescriptorBytes)
    throw new AppError('DescriptorTooLarge', {
      details: [{ path: 'fileMeta', message: 'fields:descriptorTooLarge' }],
    });
  return descriptor;
}

/** Reads the text of the `fileMeta` field. @throws AppError as `checkDescriptor` */
export function parseFileMeta(json: string): FileDescriptor {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new AppError('FileMetaInvalid', {
      details: [{ path: 'fileMeta', message: 'fields:notJson' }],
    });
  }
  return checkDescriptor(value);
}

const listOf = (value: string | undefined) => {
  const parts = (value ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  return parts.length > 0 ? parts : undefined;
};

/** The descriptor of a form that was sent without scripts: single fields, lists separated by commas. */
export function composeDescriptor(
  fields: {
    mimeType?: string | undefined;
    accountId?: string | undefined;
    reference?: string | undefined;
    tags?: string | undefined;
  },
  fileType: string,
): FileDescriptor {
  const reference = listOf(fields.reference);
  const tags = listOf(fields.tags);
  return checkDescriptor({
    mimeType: fields.mimeType?.trim() || fileType,
    accounts: [{ accountId: fields.accountId ?? '' }],
    ...(reference && { reference }),
    ...(tags && { tags }),
  });
}
