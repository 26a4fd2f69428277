import { asStorageError, type Database, type Spool } from '../storage/index.js';
import type { Logger } from '../web/index.js';

const sweepEveryMs = 10 * 60_000;
/** A file this young may belong to an upload whose row is being committed. */
const youngMs = 60 * 60_000;

/**
 * Removes payloads that nobody needs any more: of cancelled pushes at once, of failed ones after their retention, and
 * files that no row knows (a process died between the file and the commit).
 */
export class PayloadKeeper {
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly spool: Spool,
    private readonly failedRetentionMs: number,
    private readonly log: Logger,
    private readonly now: () => number,
  ) {}

  /** Sweeps once, then every ten minutes. On start even young files are orphans: nothing is being received yet. */
  async start(): Promise<void> {
    await this.sweep(0);
    this.timer = setInterval(() => {
      this.sweep(youngMs).catch((error) =>
        this.log.error({ err: asStorageError(error) }, 'the spool could not be swept; trying again'),
      );
    }, sweepEveryMs);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Gives up the payload of one push. */
  async release(pushId: string): Promise<void> {
    const [row] = await this.database('payloads').where('push_id', pushId).delete().returning('spool_name');
    if (row?.spool_name) await this.spool.discard(row.spool_name);
  }

  private async sweep(youngestMs: number): Promise<void> {
    const expired = await this.database('pushes')
      .join('payloads', 'payloads.push_id', 'pushes.id')
      .where((done) =>
        done
          .whereIn('state', ['delivered', 'cancelled'])
          .orWhere((failed) =>
            failed.where('state', 'failed').andWhere('updated_at', '<', this.now() - this.failedRetentionMs),
          ),
      )
      .pluck('pushes.id');
    for (const id of expired) await this.release(id);
    const orphans = await this.orphans(youngestMs);
    for (const name of orphans) await this.spool.discard(name);
    if (orphans.length > 0)
      this.log.warn({ files: orphans.length }, 'removed files from the spool that no push knows');
    await this.reportMissing();
  }

  private async orphans(youngestMs: number): Promise<string[]> {
    const files = (await this.spool.list(Date.now()))
      .filter(({ ageMs }) => ageMs >= youngestMs)
      .map(({ name }) => name);
    const known = new Set(await this.database('payloads').whereNotNull('spool_name').pluck('spool_name'));
    return files.filter((name) => !known.has(name));
  }

  /** A row whose payload vanished is said, not dropped: the dispatcher marks it failed when it comes to it. */
  private async reportMissing(): Promise<void> {
    const files = new Set((await this.spool.list(Date.now())).map(({ name }) => name));
    const rows = await this.database('payloads').whereNotNull('spool_name').select('push_id', 'spool_name');
    const missing = rows.filter((row) => !files.has(row.spool_name)).map((row) => row.push_id);
    if (missing.length > 0) this.log.error({ pushes: missing }, 'payloads are missing from the spool');
  }
}
