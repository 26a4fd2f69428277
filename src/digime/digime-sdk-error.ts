/**
 * The root of every error that this client throws, so that one `instanceof` recognises them all.
 * `cause` holds what led to it. Neither the error nor its causes hold a token, a key or a signed header:
 * they may be logged whole.
 */
export class DigiMeSDKError extends Error {
  static {
    // On the prototype, not on the instance: so the stack's first line has the name too.
    Object.defineProperty(DigiMeSDKError.prototype, 'name', { value: 'DigiMeSDKError' });
  }
}
