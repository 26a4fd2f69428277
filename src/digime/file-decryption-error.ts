import { DigiMeSDKError } from './digime-sdk-error.js';

/** A file read from a library could not be decrypted or decompressed: wrong key, cut short, damaged or too large. */
export class FileDecryptionError extends DigiMeSDKError {
  static {
    Object.defineProperty(FileDecryptionError.prototype, 'name', { value: 'FileDecryptionError' });
  }
}
