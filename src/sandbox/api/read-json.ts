import type { Readable } from 'node:stream';
import type { z } from 'zod';
import { Refusal } from '../refusal.js';

const maxJsonBytes = 1024 * 1024;

/**
 * Reads a whole JSON body of up to 1 MiB; an empty one counts as `{}`.
 * @throws Refusal
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
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as unknown;
  } catch {
    throw new Refusal('InvalidRequest', 'the body is not JSON');
  }
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
