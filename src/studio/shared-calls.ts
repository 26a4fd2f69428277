import type { Interceptor, RequestPatch } from '../digime/index.js';
import {
  type Database,
  isShared,
  type Mailbox,
  type Sealer,
  type Signals,
  sharedClock,
} from '../storage/index.js';
import { CallGate, type Decision } from './call-gate.js';
import type { HeldView } from './held-view.js';
import { LocalCalls, type StudioCalls, type ViewOf } from './studio-calls.js';

const lookEveryMs = 1000;
/** A studio's page that nobody renews is gone: its process has ended. */
const visitMs = 30_000;
const renewEveryMs = 10_000;
/** So long a page may be away, to be loaded again. */
const graceMs = 5000;
/** How long the process that holds a call has to say what became of a decision. */
const decideWithinMs = 5000;
const question = 'studio decision';

interface VisitRow {
  visitor_id: string;
  is_pausing: boolean;
  lapses_at: number;
}

interface HeldRow {
  id: string;
  visitor_id: string;
  owner: string;
  ends_at: number;
  view_sealed: string;
}

interface Parts {
  readonly database: Database;
  readonly sealer: Sealer;
  readonly signals: Signals;
  readonly mailbox: Mailbox;
  readonly viewOf: ViewOf;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** The calls that are held: of this process, or of all that share its database. */
export const openStudioCalls = (parts: Parts): StudioCalls =>
  isShared(parts.database) ? new SharedCalls(parts) : new LocalCalls(new CallGate(), parts.viewOf);

const viewContext = (id: string) => `held call ${id}`;

/**
 * Of several processes that share a PostgreSQL: who watches, and what is held, is in the database, so that a page may be
 * open at one process, its call be made and held by another one, and the decision reach a third. The call itself stays
 * with the process that makes it, in its `CallGate`; decisions are sent there.
 */
class SharedCalls implements StudioCalls {
  readonly #gate = new CallGate();
  readonly #watchers = new Map<string, Set<() => void>>();
  /** How many calls of a visitor this process is making under the gate. */
  readonly #making = new Map<string, number>();
  readonly #written = new Map<string, Promise<void>>();
  readonly #parts: Parts;
  readonly #timer: NodeJS.Timeout;
  #renewedAt = 0;

  constructor(parts: Parts) {
    this.#parts = parts;
    parts.signals.listen('studio', (visitorId) => this.#heard(visitorId));
    parts.mailbox.answer(question, (asked) => this.#answer(asked as Asked));
    this.#timer = setInterval(() => this.#look(), lookEveryMs).unref();
  }

  interceptorOf(visitorId: string): Interceptor {
    return async (request) => {
      // While the database is away calls go on: nobody could see them.
      const visit = await this.#visit(visitorId).catch(() => undefined);
      if (!visit?.is_pausing) return request.send();
      const unwatch = this.#gate.watch(visitorId, () => this.#write(visitorId));
      this.#gate.setPausing(visitorId, true);
      this.#making.set(visitorId, (this.#making.get(visitorId) ?? 0) + 1);
      try {
        return await (this.#gate.interceptorOf(visitorId)?.(request) ?? request.send());
      } finally {
        const others = (this.#making.get(visitorId) ?? 0) - 1;
        if (others > 0) this.#making.set(visitorId, others);
        else this.#making.delete(visitorId);
        unwatch();
      }
    };
  }

  async watch(visitorId: string, onChange: () => void): Promise<() => void> {
    const all = this.#watchers.get(visitorId) ?? new Set();
    this.#watchers.set(visitorId, all.add(onChange));
    await this.#renew([visitorId]).catch(() => {});
    return () => {
      all.delete(onChange);
      if (all.size > 0 || this.#watchers.get(visitorId) !== all) return;
      this.#watchers.delete(visitorId);
      // Where the visitor watches at another process too, that one renews it when it hears of this.
      this.#visits()
        .where('visitor_id', visitorId)
        .update({ lapses_at: this.#in(graceMs) })
        .then(() => this.#tell(visitorId))
        .catch(() => {});
    };
  }

  async isPausing(visitorId: string): Promise<boolean> {
    return (await this.#visit(visitorId))?.is_pausing ?? true;
  }

  async setPausing(visitorId: string, isPausing: boolean): Promise<void> {
    await this.#visits()
      .where('visitor_id', visitorId)
      .whereRaw(`lapses_at > ${sharedClock}`)
      .update({ is_pausing: isPausing });
    if (!isPausing)
      for (const { id } of await this.heldOf(visitorId)) await this.decide(visitorId, id, 'pass');
    this.#tell(visitorId);
  }

  async heldOf(visitorId: string): Promise<HeldView[]> {
    const rows = await this.#held()
      .where('visitor_id', visitorId)
      .andWhere('ends_at', '>', this.#parts.now())
      .orderBy('ends_at');
    return rows.map((row) =>
      JSON.parse(this.#parts.sealer.open(row.view_sealed, viewContext(row.id)).toString()),
    );
  }

  async decide(visitorId: string, id: string, decision: Decision): Promise<boolean> {
    const row = await this.#held().where({ id, visitor_id: visitorId }).first('owner');
    if (row === undefined) return false;
    const { mailbox } = this.#parts;
    if (row.owner === mailbox.me) return this.#decideHere(visitorId, id, decision);
    const answer = await mailbox.ask(row.owner, question, asked(visitorId, id, decision), decideWithinMs);
    if (answer !== undefined) return answer === true;
    // That process has ended, and its call with it.
    await this.#held().where({ id, owner: row.owner }).delete();
    this.#tell(visitorId);
    return false;
  }

  close(): void {
    clearInterval(this.#timer);
    this.#gate.close();
  }

  #answer({ visitorId, id, decision }: Asked): Promise<boolean> {
    return this.#decideHere(
      visitorId,
      id,
      typeof decision === 'string' ? decision : { send: decision.send && unpacked(decision.send) },
    );
  }

  /** Who sees the answer no longer finds the call among those that are held. */
  async #decideHere(visitorId: string, id: string, decision: Decision): Promise<boolean> {
    const wasHeld = this.#gate.decide(visitorId, id, decision);
    await this.#written.get(visitorId);
    return wasHeld;
  }

  /** Writes down what this process holds for a visitor now, one time after the other. */
  #write(visitorId: string): void {
    const before = this.#written.get(visitorId) ?? Promise.resolve();
    const written = before
      .then(() => this.#writeNow(visitorId))
      .catch(() => {
        // What nobody can see must not wait for anybody.
        if (this.#gate.heldOf(visitorId).length > 0) this.#gate.setPausing(visitorId, false);
      })
      .finally(() => {
        if (this.#written.get(visitorId) === written) this.#written.delete(visitorId);
      });
    this.#written.set(visitorId, written);
  }

  async #writeNow(visitorId: string): Promise<void> {
    const { database, sealer, mailbox, viewOf, now } = this.#parts;
    const views = await Promise.all(this.#gate.heldOf(visitorId).map((held) => viewOf(visitorId, held)));
    await database.transaction(async (transaction) => {
      const rows = () => transaction<HeldRow>('held_calls');
      await rows()
        .where({ owner: mailbox.me, visitor_id: visitorId })
        .whereNotIn(
          'id',
          views.map(({ id }) => id),
        )
        .orWhere('ends_at', '<', now())
        .delete();
      for (const view of views)
        await rows()
          .insert({
            ...{ id: view.id, visitor_id: visitorId, owner: mailbox.me, ends_at: view.endsAt },
            view_sealed: sealer.seal(JSON.stringify(view), viewContext(view.id)),
          })
          .onConflict('id')
          .merge();
    });
    this.#tell(visitorId);
  }

  /** Tells the watchers here and at the other processes to look. */
  #tell(visitorId: string): void {
    this.#heard(visitorId);
    this.#parts.signals.tell('studio', visitorId);
  }

  #heard(visitorId: string): void {
    for (const onChange of this.#watchers.get(visitorId) ?? []) onChange();
    if (this.#watchers.has(visitorId)) this.#renew([visitorId]).catch(() => {});
    if (this.#making.has(visitorId)) void this.#letGoUnwatched(visitorId);
  }

  /** A signal may get lost, and a process may end without a word. */
  #look(): void {
    for (const visitorId of this.#making.keys()) void this.#letGoUnwatched(visitorId);
    for (const watchers of this.#watchers.values()) for (const onChange of watchers) onChange();
    if (this.#watchers.size === 0 || performance.now() - this.#renewedAt < renewEveryMs) return;
    this.#renewedAt = performance.now();
    this.#renew([...this.#watchers.keys()]).catch(() => {});
  }

  async #letGoUnwatched(visitorId: string): Promise<void> {
    const visit = await this.#visit(visitorId).catch(() => undefined);
    if (!visit?.is_pausing && this.#gate.heldOf(visitorId).length > 0)
      this.#gate.setPausing(visitorId, false);
  }

  async #renew(visitorIds: readonly string[]): Promise<void> {
    await this.#visits().where('lapses_at', '<', this.#in(-visitMs)).delete();
    await this.#visits()
      .insert(
        visitorIds.map((visitorId) => ({
          ...{ visitor_id: visitorId, is_pausing: true },
          lapses_at: this.#in(visitMs) as never,
        })),
      )
      .onConflict('visitor_id')
      .merge(['lapses_at']);
  }

  #visit(visitorId: string): Promise<Pick<VisitRow, 'is_pausing'> | undefined> {
    return this.#visits()
      .where('visitor_id', visitorId)
      .whereRaw(`lapses_at > ${sharedClock}`)
      .first('is_pausing');
  }

  #in(ms: number) {
    return this.#parts.database.raw(`${sharedClock} + ?`, [ms]);
  }

  #visits() {
    return this.#parts.database<VisitRow>('studio_visits');
  }

  #held() {
    return this.#parts.database<HeldRow>('held_calls');
  }
}

type Packed = Omit<RequestPatch, 'body'> & { readonly body?: string };

/** A decision as JSON. */
interface Asked {
  readonly visitorId: string;
  readonly id: string;
  readonly decision: 'pass' | 'withhold' | { readonly send?: Packed | undefined };
}

function asked(visitorId: string, id: string, decision: Decision): Asked {
  if (typeof decision === 'string') return { visitorId, id, decision };
  if (decision.send === undefined) return { visitorId, id, decision: {} };
  const { body, ...others } = decision.send;
  return {
    ...{ visitorId, id },
    decision: { send: { ...others, ...(body && { body: Buffer.from(body).toString('base64') }) } },
  };
}

const unpacked = ({ body, ...others }: Packed): RequestPatch => ({
  ...others,
  ...(body !== undefined && { body: Buffer.from(body, 'base64') }),
});
