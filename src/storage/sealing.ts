import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Seals small secrets (tokens, payload keys) for the database: AES-256-GCM under a key derived from `APP_SECRET`. */
export interface Sealer {
  /** `context` names what is sealed and for whom; the same context is needed to open it, so a sealed value can't be moved to another row. */
  seal(plain: string | Buffer, context: string): string;
  /** @throws Error when the value was sealed with another secret, for another context, or was altered. */
  open(sealed: string, context: string): Buffer;
}

const version = 'v1';

const derive = (appSecret: string, purpose: string) =>
  Buffer.from(hkdfSync('sha256', appSecret, 'digime-push-onboarding', purpose, 32));

function openWith(key: Buffer, bytes: Buffer, context: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12)).setAAD(Buffer.from(context));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
}

/**
 * @param appSecret at least 32 characters; what was sealed with another one does not open any more
 * @param previous the secret before, while something may still be sealed with it
 */
export function createSealer(appSecret: string, previous?: string): Sealer {
  const key = derive(appSecret, 'sealing');
  const previousKey = previous === undefined ? undefined : derive(previous, 'sealing');
  return {
    seal(plain, context) {
      const nonce = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context));
      const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
      return `${version}.${sealed.toString('base64url')}`;
    },
    open(sealed, context) {
      const [found, text] = sealed.split('.');
      const bytes = Buffer.from(text ?? '', 'base64url');
      if (found !== version || bytes.length < 28) throw new Error('the sealed value has an unknown form');
      try {
        return openWith(key, bytes, context);
      } catch (error) {
        if (previousKey === undefined) throw error;
        return openWith(previousKey, bytes, context);
      }
    },
  };
}

/** The secret that signs session cookies: derived, so that cookies and sealed values never share a key. */
export const cookieSecret = (appSecret: string): string => derive(appSecret, 'cookies').toString('base64url');
