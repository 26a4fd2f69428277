import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Browser } from './browser.js';

export const boundary = 'boundary-of-the-tests';
export const multipartType = `multipart/form-data; boundary=${boundary}`;
export const fileMeta = { mimeType: 'application/octet-stream', accounts: [{ accountId: 'me' }] };

export interface Part {
  /** What stands in `Content-Disposition` after `form-data`. */
  disposition: string;
  type?: string;
  value: string | Buffer;
}

/** The bytes of a form as they go over the wire, with nothing escaped: tests put in what they like. */
export function multipart(parts: Part[]): Buffer {
  const pieces = parts.flatMap(({ disposition, type, value }) => [
    `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\n`,
    type === undefined ? '\r\n' : `Content-Type: ${type}\r\n\r\n`,
    value,
    '\r\n',
  ]);
  return Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece)));
}

export const filePart = (value: string | Buffer, name = 'file.bin'): Part => ({
  disposition: `name="file"; filename="${name}"`,
  type: 'application/octet-stream',
  value,
});

export const fieldPart = (name: string, value: string): Part => ({ disposition: `name="${name}"`, value });

export const metaPart = (meta: unknown = fileMeta): Part =>
  fieldPart('fileMeta', typeof meta === 'string' ? meta : JSON.stringify(meta));

export interface RawAnswer {
  status: number;
  headers: IncomingMessage['headers'];
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  json: any;
}

export interface RawRequest {
  outgoing: ClientRequest;
  /** Rejects when the connection ends without an answer. */
  answer: Promise<RawAnswer>;
}

/** Opens an upload as the browser's visitor and leaves the sending to the test; chunked unless a length is given. */
export function openUpload(
  browser: Browser,
  baseUrl: string,
  headers: Record<string, string | number> = {},
): RawRequest {
  const cookie = [...browser.cookies()].map(([name, value]) => `${name}=${value}`).join('; ');
  const outgoing = request(new URL('push/library', baseUrl), {
    method: 'POST',
    agent: false,
    headers: { cookie, accept: 'application/json', 'content-type': multipartType, ...headers },
  });
  const answer = new Promise<RawAnswer>((resolve, reject) => {
    outgoing.on('error', reject);
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        const isJson = response.headers['content-type']?.includes('json') ?? false;
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          json: isJson ? JSON.parse(text) : text,
        });
      });
    });
  });
  answer.catch(() => {});
  return { outgoing, answer };
}

/** Sends a whole body: with its length, or chunked. */
export function sendUpload(
  browser: Browser,
  baseUrl: string,
  body: Buffer,
  options: { chunked?: boolean; headers?: Record<string, string> } = {},
): Promise<RawAnswer> {
  const length = options.chunked ? {} : { 'content-length': body.length };
  const { outgoing, answer } = openUpload(browser, baseUrl, { ...length, ...options.headers });
  for (let at = 0; at < body.length; at += 65_536) outgoing.write(body.subarray(at, at + 65_536));
  outgoing.end();
  return answer;
}
