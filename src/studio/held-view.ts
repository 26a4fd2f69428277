import type { Readable } from 'node:stream';
import type { ExchangeRequest } from '../digime/index.js';
import type { HeldCall } from './call-gate.js';
import { printed } from './edit-request.js';
import { type Suggestion, suggestionsFor } from './suggestions.js';

/** Larger bodies are not offered for editing. */
const maxBodyBytes = 32 * 1024;

/** A held call as the studio's page shows it. */
export interface HeldView {
  readonly id: string;
  readonly round: number;
  /** Unix milliseconds. */
  readonly endsAt: number;
  readonly call: string;
  readonly topic: string;
  readonly request: ExchangeRequest;
  readonly claims: readonly { name: string; shown: string; value: string }[];
  readonly headers: readonly { name: string; shown: string; value: string }[];
  readonly isSigned: boolean;
  readonly path: string;
  readonly descriptor?: string;
  /** The body as text, where it is one and short enough. */
  readonly body?: string;
  /** The same before anything was changed. */
  readonly shownBody?: string;
  readonly hasOtherBody: boolean;
  readonly suggestions: readonly Suggestion[];
  readonly refusal?: { status: number; code: string; message: string; reference: string };
}

/** Makes the view; what the last round changed stands in the fields again. */
export async function viewHeld(
  held: HeldCall,
  topic: string,
  usedNonce: string | undefined,
): Promise<HeldView> {
  const { request, patch, refusal } = held;
  const { shown } = request;
  const body = await shownBody(held);
  const descriptor = patch?.fileDescriptor ?? shown.fileDescriptor;
  const fieldsOf = (
    all: Readonly<Record<string, unknown>>,
    changed: Readonly<Record<string, unknown>> = {},
  ) =>
    Object.entries(all).map(([name, value]) => ({
      name,
      shown: printed(value),
      value: Object.hasOwn(changed, name) ? printed(changed[name] ?? '') : printed(value),
    }));
  return {
    ...{ id: held.id, round: held.round, endsAt: held.endsAt, call: request.call, topic, request: shown },
    claims: fieldsOf(shown.claims ?? {}, patch?.claims),
    headers: fieldsOf(shown.headers, patch?.headers),
    isSigned: patch?.headers?.Authorization !== null,
    path: patch?.path ?? shown.path,
    ...(descriptor !== undefined && { descriptor: JSON.stringify(descriptor, null, 2) }),
    ...(body !== undefined && { body: patch?.body?.toString() ?? body, shownBody: body }),
    hasOtherBody: body === undefined && request.openContent !== undefined,
    suggestions: suggestionsFor(shown, usedNonce),
    ...(refusal && {
      refusal: {
        status: refusal.error.statusCode,
        code: refusal.error.code,
        message: refusal.error.message,
        reference: refusal.error.reference,
      },
    }),
  };
}

/** The body that a person may read and edit; `undefined` for none, for a long one, and for one that is no text. */
async function shownBody({ request }: HeldCall): Promise<string | undefined> {
  const { body } = request.shown;
  if (body !== undefined) return JSON.stringify(body, null, 2);
  if (request.openContent === undefined) return undefined;
  try {
    const { content, sizeBytes } = await request.openContent();
    if (Buffer.isBuffer(content)) return content.length > maxBodyBytes ? undefined : asText(content);
    if (sizeBytes !== undefined && sizeBytes > maxBodyBytes) {
      content.destroy();
      return undefined;
    }
    return await readText(content);
  } catch {
    // Shown as "not text": the send itself says what is wrong with the file.
    return undefined;
  }
}

async function readText(content: Readable): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of content) {
    chunks.push(Buffer.from(chunk));
    size += chunks.at(-1)?.length ?? 0;
    if (size > maxBodyBytes) return undefined;
  }
  return asText(Buffer.concat(chunks));
}

function asText(bytes: Buffer): string | undefined {
  const text = bytes.toString('utf8');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what tells binary from text
  const isText = !/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffd\r]/.test(text);
  return isText ? text : undefined;
}
