import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Lock, Locker } from '@tus/server';
import type { Signals } from '../../storage/index.js';
import type { UploadRecords } from '../ledger/upload-records.js';
import type { UploadRequest } from './resumable-uploads.js';

/** How long another process has to end its request and keep what arrived; one that died never does. */
const takeOverAfterMs = 3000;
const lookEveryMs = 30;

interface Holder {
  readonly end: () => void;
  readonly ended: Promise<void>;
}

/** What `UploadLocks` uses. */
interface UploadLocksParts {
  readonly records: Pick<UploadRecords, 'holderOf' | 'hold' | 'letGo'>;
  readonly signals: Signals;
  /** Whether other processes may work on the same uploads. */
  readonly isShared: boolean;
  /** The request that asks for a lock. */
  current(): UploadRequest;
}

/**
 * One request at a time works on an upload. A new one ends the one before: that is a connection which broke without the
 * server being told, or a page that was loaded again. Where several processes share the ledger, the one before may be in
 * another of them: it is told, and what it brings after a while counts no more.
 */
export class UploadLocks implements Locker {
  readonly #holders = new Map<string, Holder>();
  readonly #parts: UploadLocksParts;

  constructor(parts: UploadLocksParts) {
    this.#parts = parts;
    parts.signals.listen('upload', (id) => this.#holders.get(id)?.end());
  }

  newLock(id: string): Lock {
    let release = async () => {};
    return {
      lock: async () => {
        const request = this.#parts.current();
        const { req } = request;
        for (let holder = this.#holders.get(id); holder !== undefined; holder = this.#holders.get(id)) {
          holder.end();
          await holder.ended;
        }
        let resolve = () => {};
        const ended = new Promise<void>((settle) => {
          resolve = settle;
        });
        this.#holders.set(id, { end: () => req.complete || req.destroy(), ended });
        release = async () => {
          this.#holders.delete(id);
          resolve();
        };
        if (!this.#parts.isShared) return;
        const holder = await this.#takeOver(id).catch(async (error) => {
          await release();
          throw error;
        });
        request.holder = holder;
        release = async () => {
          // While the database is away the next one waits a moment, and takes over.
          await this.#parts.records.letGo(id, holder).catch(() => {});
          this.#holders.delete(id);
          resolve();
        };
      },
      unlock: () => release(),
    };
  }

  async #takeOver(id: string): Promise<string> {
    const { records, signals } = this.#parts;
    const until = performance.now() + takeOverAfterMs;
    for (let told = false; (await records.holderOf(id)) !== undefined; told = true) {
      if (performance.now() > until) break;
      if (!told) signals.tell('upload', id);
      await sleep(lookEveryMs);
    }
    const holder = randomUUID();
    await records.hold(id, holder);
    return holder;
  }
}
