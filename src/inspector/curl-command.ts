import type { Exchange } from '../digime/index.js';

/** Set by curl itself, or saying nothing about the protocol. */
const leftOut = new Set(['content-length', 'user-agent', 'authorization', 'filedescriptor']);

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
