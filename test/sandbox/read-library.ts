import { constants, createDecipheriv, privateDecrypt } from 'node:crypto';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { agentBody, type Connection, type Json, type SigningClient } from './signing-client.js';

export interface ReadFile {
  name: string;
  /** Its entry in the file list. */
  listed: Json;
  metadata: Json;
  compression: string | undefined;
  /** Decrypted, still compressed. */
  bytes: Buffer;
}

/** Opens an encrypted file body as protocol.md describes it. */
export function decrypt(body: Buffer, privateKey: string): Buffer {
  const key = privateDecrypt(
    { key: privateKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha1' },
    body.subarray(0, 256),
  );
  const decipher = createDecipheriv('aes-256-cbc', key, body.subarray(256, 272));
  return Buffer.concat([decipher.update(body.subarray(272)), decipher.final()]);
}

/** What a file holds, as text. */
export function fileContent({ bytes, compression }: ReadFile): string {
  if (compression === 'gzip') return gunzipSync(bytes).toString();
  return (compression === 'brotli' ? brotliDecompressSync(bytes) : bytes).toString();
}

/** Reads everything that a session shows: one opened with these options, or the one whose key is given. */
export async function readLibrary(
  reader: SigningClient,
  { accessToken }: Connection,
  options: Json = {},
  sessionKey?: string,
): Promise<ReadFile[]> {
  const claims = { access_token: accessToken };
  const body = { ...agentBody, ...options };
  const key =
    sessionKey ?? (await reader.send('POST', 'permission-access/trigger', { claims, body })).json.session.key;
  const path = `permission-access/query/${key}`;
  let list = await reader.send('GET', path, { claims });
  while (list.json.status.state !== 'completed') list = await reader.send('GET', path, { claims });
  const files: ReadFile[] = [];
  for (const listed of list.json.fileList) {
    const file = await reader.send('GET', `${path}/${listed.name}`, { claims });
    const header = Buffer.from(file.headers.get('x-metadata') ?? '', 'base64url').toString();
    const { metadata, compression } = JSON.parse(header);
    const bytes = decrypt(file.bytes, reader.contract.privateKey);
    files.push({ name: listed.name, listed: { ...listed }, metadata, compression, bytes });
  }
  return files;
}
