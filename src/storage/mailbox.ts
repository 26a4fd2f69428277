import { randomUUID } from 'node:crypto';
import type { Database } from './database.js';
import type { Sealer } from './sealing.js';
import type { Signals } from './signals.js';

const lookEveryMs = 100;

interface AskedRow {
  id: string;
  owner: string;
  asked_sealed: string;
  answer_sealed: string | null;
  created_at: number;
}

const askedContext = (id: string) => `question ${id}`;
const answerContext = (id: string) => `answer to ${id}`;

/** What a process answers to another one; `undefined` is no answer, and the other one waits in vain. */
export type Answering = (question: unknown) => Promise<unknown>;

/**
 * Questions from one process to another one that shares the database: for what only one of them holds. They are sealed,
 * and gone when they are answered or nobody waits any more.
 */
export class Mailbox {
  /** What other processes call this one. */
  readonly me = randomUUID();
  readonly #database: Database;
  readonly #sealer: Sealer;
  readonly #signals: Signals;
  readonly #now: () => number;
  readonly #answering = new Map<string, Answering>();
  readonly #waiting = new Map<string, () => void>();

  constructor(database: Database, sealer: Sealer, signals: Signals, now: () => number) {
    this.#database = database;
    this.#sealer = sealer;
    this.#signals = signals;
    this.#now = now;
    signals.listen('ask', (text) => {
      const [owner, id = ''] = text.split(' ');
      // Who asks finds no answer then, and says so.
      if (owner === this.me) this.#answer(id).catch(() => {});
    });
    signals.listen('answer', (id) => this.#waiting.get(id)?.());
  }

  /** Answers questions of this kind. */
  answer(kind: string, answering: Answering): void {
    this.#answering.set(kind, answering);
  }

  /**
   * Asks the process that calls itself `owner`; question and answer go as JSON.
   * @returns `undefined` when none came within `withinMs`: that process has ended, or does not hold it any more
   */
  async ask(owner: string, kind: string, question: unknown, withinMs: number): Promise<unknown> {
    const id = randomUUID();
    const now = this.#now();
    await this.#rows()
      .where('created_at', '<', now - 10 * 60_000)
      .delete();
    await this.#rows().insert({
      ...{ id, owner, answer_sealed: null, created_at: now },
      asked_sealed: this.#sealer.seal(JSON.stringify({ kind, question }), askedContext(id)),
    });
    try {
      this.#signals.tell('ask', `${owner} ${id}`);
      const until = performance.now() + withinMs;
      while (performance.now() < until) {
        await this.#pause(id);
        const row = await this.#rows().where('id', id).first('answer_sealed');
        if (row?.answer_sealed)
          return JSON.parse(this.#sealer.open(row.answer_sealed, answerContext(id)).toString()).answer;
      }
      return undefined;
    } finally {
      await this.#rows().where('id', id).delete();
    }
  }

  /** Until the answer is there, or a moment: the signal may get lost. */
  #pause(id: string): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, lookEveryMs);
      const waiting = this.#waiting;
      function done() {
        clearTimeout(timer);
        waiting.delete(id);
        resolve();
      }
      waiting.set(id, done);
    });
  }

  async #answer(id: string): Promise<void> {
    const row = await this.#rows()
      .where({ id, owner: this.me })
      .whereNull('answer_sealed')
      .first('asked_sealed');
    if (row === undefined) return;
    const { kind, question } = JSON.parse(this.#sealer.open(row.asked_sealed, askedContext(id)).toString());
    const answer = await this.#answering.get(kind)?.(question);
    if (answer === undefined) return;
    await this.#rows()
      .where('id', id)
      .update({ answer_sealed: this.#sealer.seal(JSON.stringify({ answer }), answerContext(id)) });
    this.#signals.tell('answer', id);
  }

  #rows() {
    return this.#database<AskedRow>('questions');
  }
}
