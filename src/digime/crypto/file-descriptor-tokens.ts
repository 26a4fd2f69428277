import type { ContractKey } from './contract-key.js';
import { signToken } from './jwt.js';

/**
 * The signed `FileDescriptor` header. It has neither nonce nor timestamp (`protocol.md`, push to library), so the token
 * of an unchanged descriptor can serve again: the last one of every key is kept.
 */
export class FileDescriptorTokens {
  readonly #last = new WeakMap<ContractKey, { metadata: string; token: Promise<string> }>();

  /** The token of `{ metadata: fileDescriptor }`, signed with this key. */
  tokenOf(key: ContractKey, fileDescriptor: unknown): Promise<string> {
    const metadata = JSON.stringify(fileDescriptor);
    const last = this.#last.get(key);
    if (last?.metadata === metadata) return last.token;
    const token = signToken(key, { metadata: fileDescriptor });
    this.#last.set(key, { metadata, token });
    token.catch(() => this.#last.delete(key));
    return token;
  }
}
