import { AppError } from '../../errors.js';
import type { Mailbox } from '../../storage/index.js';
import type { RepeatableCall } from '../step.js';

const keptPerVisitor = 40;
const mostVisitors = 500;
/** digi.me may take its time, and so may a person's proxy. */
const answeredWithinMs = 20_000;

/**
 * The newest calls of each visitor that can be made again. A request can't be written down: it holds on to tokens that
 * change and to bodies. So the process that made it keeps it, and does what others ask of it.
 */
export class KeptRequests {
  readonly #mailbox: Mailbox;
  #settled: () => Promise<void> = async () => {};
  readonly #calls = new Map<string, RepeatableCall>();
  /** Steps by visitor, the visitor heard of last at the end. */
  readonly #ofVisitor = new Map<string, string[]>();

  constructor(mailbox: Mailbox) {
    this.#mailbox = mailbox;
    mailbox.answer('repeat', async (step) => {
      const call = this.#calls.get(String(step));
      await call?.repeat();
      // Who asked looks for the new step at once.
      await this.#settled();
      return call && true;
    });
    mailbox.answer('curl', async (step) => this.#calls.get(String(step))?.signedCurl());
  }

  /** @param settled resolves when every process sees the steps that were taken down here */
  onRepeated(settled: () => Promise<void>): void {
    this.#settled = settled;
  }

  /** @returns what to know this process by */
  keep(visitorId: string, step: string, call: RepeatableCall): string {
    const mine = this.#ofVisitor.get(visitorId) ?? [];
    this.#ofVisitor.delete(visitorId);
    this.#ofVisitor.set(visitorId, mine);
    // A kept request holds on to its body: of those that have one of the user's, only the newest stays.
    const tooMany = call.hasContent ? mine.filter((other) => this.#calls.get(other)?.hasContent) : [];
    mine.push(step);
    this.#calls.set(step, call);
    this.#drop(mine, [...tooMany, ...mine.slice(0, -keptPerVisitor)]);
    const [oldest] = this.#ofVisitor.keys();
    if (this.#ofVisitor.size > mostVisitors && oldest !== undefined) this.forget(oldest);
    return this.#mailbox.me;
  }

  /** The call of a step, wherever it is kept; `undefined` where this process has dropped it. */
  of(step: string, owner: string): RepeatableCall | undefined {
    if (owner === this.#mailbox.me) return this.#calls.get(step);
    return {
      hasContent: false,
      repeat: async () => void (await this.#ask(owner, 'repeat', step)),
      signedCurl: async () => String(await this.#ask(owner, 'curl', step)),
    };
  }

  forget(visitorId: string): void {
    const mine = this.#ofVisitor.get(visitorId) ?? [];
    this.#drop(mine, [...mine]);
    this.#ofVisitor.delete(visitorId);
  }

  #drop(mine: string[], steps: readonly string[]): void {
    for (const step of steps) {
      this.#calls.delete(step);
      mine.splice(mine.indexOf(step), 1);
    }
  }

  async #ask(owner: string, kind: string, step: string): Promise<unknown> {
    const answer = await this.#mailbox.ask(owner, kind, step, answeredWithinMs);
    // The process that could do it has ended, or keeps others by now.
    if (answer === undefined) throw new AppError('NotFound');
    return answer;
  }
}
