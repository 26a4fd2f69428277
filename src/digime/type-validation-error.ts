import { DigiMeSDKError } from './digime-sdk-error.js';

/** An argument has a wrong type or shape, or is empty. Thrown before any request; the message names the argument. */
export class TypeValidationError extends DigiMeSDKError {
  static {
    Object.defineProperty(TypeValidationError.prototype, 'name', { value: 'TypeValidationError' });
  }
}
