import type { PayloadRecord } from '../ledger/work-queue.js';

const mostBytes = 8 * 1024 * 1024;
/** Counted for each payload beside its bytes: its key, its names, its place here. */
const bytesOfEntry = 512;
/** What is not fetched by then was cancelled, or another process sends it. */
const keptForMs = 30_000;

/**
 * Payloads that were taken in a moment ago and wait for a free place to be sent: what is still in memory need not be
 * read and opened again. The ledger has them all the same; what does not fit is taken from there. When it is full the
 * older ones stay, because they are sent first.
 */
export class RecentPayloads {
  #young = new Map<string, PayloadRecord>();
  #old = new Map<string, PayloadRecord>();
  #bytes = 0;
  #timer: NodeJS.Timeout | undefined;

  keep(pushId: string, payload: PayloadRecord): void {
    const bytes = bytesOf(payload);
    if (this.#bytes + bytes > mostBytes) return;
    this.#bytes += bytes;
    this.#young.set(pushId, payload);
    this.#timer ??= setTimeout(() => this.#age(), keptForMs).unref();
  }

  /** Gives a payload out, once. */
  take(pushId: string): PayloadRecord | undefined {
    const payload = this.#old.get(pushId) ?? this.#young.get(pushId);
    if (payload === undefined) return undefined;
    this.#bytes -= bytesOf(payload);
    this.#old.delete(pushId);
    this.#young.delete(pushId);
    return payload;
  }

  #age(): void {
    for (const payload of this.#old.values()) this.#bytes -= bytesOf(payload);
    this.#old = this.#young;
    this.#young = new Map();
    this.#timer = this.#old.size > 0 ? setTimeout(() => this.#age(), keptForMs).unref() : undefined;
  }
}

const bytesOf = ({ plain, sealed }: PayloadRecord): number => bytesOfEntry + ((plain ?? sealed)?.length ?? 0);
