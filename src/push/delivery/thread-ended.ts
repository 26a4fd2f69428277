/** The thread that sent a push ended in the middle of it: nobody knows whether it arrived. */
export class ThreadEnded extends Error {
  override readonly name = 'ThreadEnded';

  constructor(cause: unknown) {
    super('the thread that sent it ended', cause === undefined ? undefined : { cause });
  }
}
