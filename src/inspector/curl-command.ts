import type { Readable } from 'node:stream';
import type { Exchange, SignedRequest } from '../digime/index.js';

/** Set by curl itself, or saying nothing about the protocol. */
const leftOut = new Set(['content-length', 'user-agent', 'authorization', 'filedescriptor', 'sandbox-fault']);

/**
 * An equivalent `curl` for a POSIX shell. What is secret or was not kept is a variable: `$DIGIME_JWT`,
 * `$DIGIME_FILE_DESCRIPTOR`, `$DIGIME_SESSION_KEY`, and `$FILE` or `$BODY`, the name of a file with the content.
 */
export function curlCommand({ request }: Exchange): string {
  const lines = [request.method === 'HEAD' ? 'curl --head' : `curl --request ${request.method}`];
  lines.push(`--url ${quotedUrl(request.url)}`);
  if (request.claims !== undefined) lines.push('--header "Authorization: Bearer $DIGIME_JWT"');
  if (request.fileDescriptor !== undefined) lines.push('--header "FileDescriptor: $DIGIME_FILE_DESCRIPTOR"');
  for (const [name, value] of Object.entries(request.headers))
    if (!leftOut.has(name.toLowerCase())) lines.push(`--header ${quoted(`${name}: ${value}`)}`);
  const body = bodyOf(request);
  if (body !== undefined) lines.push(body);
  return lines.join(' \\\n  ');
}

function bodyOf({ body, bodyBytes, fileDescriptor }: Exchange['request']): string | undefined {
  // A string is not JSON of ours but the note that the body was too long to keep.
  if (typeof body === 'string') return '--data-binary "@$BODY"';
  if (body !== undefined) return `--data-raw ${quoted(JSON.stringify(body))}`;
  return bodyBytes > 0 || fileDescriptor !== undefined ? '--data-binary "@$FILE"' : undefined;
}

/** In single quotes nothing is special to a POSIX shell but the single quote itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function quotedUrl(url: string): string {
  // curl would read brackets and braces as patterns.
  const globs = /[[\]{}]/.test(url) ? ' --globoff' : '';
  const parts = url.split('…').map(quoted);
  return `${parts.join('"$DIGIME_SESSION_KEY"')}${globs}`.replace(/''(?=")|(?<=")''/g, '');
}

/** Longer bodies are left to a file. */
const maxBodyBytes = 64 * 1024;

/**
 * A `curl` for a POSIX shell that runs as it is: signed, with its tokens, good once and until its timestamp is five
 * minutes old. For the visitor whose call it is, in sandbox mode, and for nobody else.
 */
export async function signedCurl({ method, url, headers, body }: SignedRequest): Promise<string> {
  const lines = [method === 'HEAD' ? 'curl --head' : `curl --request ${method}`, `--url ${quotedUrl(url)}`];
  for (const [name, value] of Object.entries(headers))
    if (name !== 'Content-Length' && name !== 'User-Agent')
      lines.push(`--header ${quoted(`${name}: ${value}`)}`);
  const bytes = await bytesOf(body?.content);
  if (body !== undefined && bytes === undefined) lines.push('--data-binary "@$FILE"');
  if (bytes === undefined || bytes.length === 0) return lines.join(' \\\n  ');
  const text = bytes.toString();
  if (Buffer.from(text).equals(bytes) && !text.includes('\0'))
    return [...lines, `--data-raw ${quoted(text)}`].join(' \\\n  ');
  const command = [...lines, '--data-binary @-'].join(' \\\n  ');
  return `printf %s ${bytes.toString('base64')} | base64 -d | ${command}`;
}

async function bytesOf(content: Buffer | Readable | undefined): Promise<Buffer | undefined> {
  if (content === undefined || Buffer.isBuffer(content)) return content;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of content) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > maxBodyBytes) return undefined;
  }
  return Buffer.concat(chunks);
}
