import { ServerError } from './server-error.js';

/** The platform does not, or no longer, accept this client (`SDKInvalid`, `SDKVersionInvalid`): update it. */
export class SDKInvalidError extends ServerError {
  static {
    Object.defineProperty(SDKInvalidError.prototype, 'name', { value: 'SDKInvalidError' });
  }
}
