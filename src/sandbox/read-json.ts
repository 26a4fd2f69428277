import type { Readable } from 'node:stream';
import type { z } from 'zod';
import { Refusal } from './refusal.js';

const maxJsonBytes = 1024 * 1024;
const maxDepth = 100;

/**
 * Reads a whole JSON body of up to 1 MiB; an empty one counts as `{}`.
 * @throws Refusal PayloadTooLarge, or InvalidRequest for what is not JSON or nested more than 100 levels deep
 */
export async function readJson(body: Readable): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxJsonBytes) chunks.push(chunk);
  }
  if (size > maxJsonBytes)
    throw new Refusal('PayloadTooLarge', `this JSON body may have ${maxJsonBytes} bytes`);
  if (size === 0) return {};
  return parseJson(Buffer.concat(chunks).toString('utf8'));
}

/**
 * The value of a JSON text.
 * @throws Refusal InvalidRequest for what is not JSON or nested more than `levels` deep
 */
export function parseJson(text: string, levels = maxDepth): unknown {
  if (isNestedDeeper(text, levels)) {
    throw new Refusal('InvalidRequest', `the body is nested more than ${levels} levels deep`);
  }
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new Refusal('InvalidRequest', 'the body is not JSON');
  }
}

/**
 * Whether a JSON text opens more than `levels` brackets at once. Asked before parsing: a value that deep is parsed
 * without complaint, and then overflows the stack of whatever walks, clones or prints it.
 */
export function isNestedDeeper(text: string, levels: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charCodeAt(at);
    if (quoted) {
      if (character === 0x5c) at += 1;
      else if (character === 0x22) quoted = false;
    } else if (character === 0x22) quoted = true;
    else if (character === 0x5b || character === 0x7b) {
      depth += 1;
      if (depth > levels) return true;
    } else if (character === 0x5d || character === 0x7d) depth -= 1;
  }
  return false;
}

/**
 * The value in the shape of `schema`.
 * @throws Refusal InvalidRequest that lists every problem, each with prefix and its path
 */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, prefix: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => {
    const path = [prefix, ...issue.path.map(String)].filter(Boolean).join('.');
    return `${path}: ${issue.message}`;
  });
  throw new Refusal('InvalidRequest', problems.join('; '));
}
