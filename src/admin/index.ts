import type { Config } from '../config/index.js';
import { sealedTokens } from '../connections/index.js';
import { sealedSteps } from '../inspector/index.js';
import { sealedPushColumns, sealedUploadColumns } from '../push/index.js';
import { type Database, openDatabase, reseal } from '../storage/index.js';
import { sealedSessions } from '../web/index.js';
import { backup, restore } from './backup.js';

export interface AdminOptions {
  readonly config: Config;
  /** The secret that counts now. */
  appSecret(): string;
  /** Words after `admin`. */
  readonly words: readonly string[];
  say(line: string): void;
}

const usage = `npm run admin -- COMMAND
  stats           what is there: pushes by state, connections, payloads
  retry-failed    puts failed pushes that still have their payload back into the queue
  reseal          seals with APP_SECRET what is still sealed with APP_SECRET_PREVIOUS
  backup FOLDER   copies database, payloads and the app's own secret into a new folder, also while the app runs
  restore FOLDER  puts a backup into an empty DATA_DIR; the app must not run`;

/**
 * Operations on the app's data from the command line, beside the running app where that is not said otherwise.
 * @throws Error with a sentence for the operator
 */
export async function runAdmin({ config, appSecret, words, say }: AdminOptions): Promise<void> {
  const [command, folder] = words;
  const needFolder = () => {
    if (folder === undefined) throw new Error(`name a folder: npm run admin -- ${command} FOLDER`);
    if (config.databaseUrl !== undefined)
      throw new Error(
        'the data is in PostgreSQL: use pg_dump and pg_restore for it, and copy the payloads (DATA_DIR/spool or the S3 bucket) beside it',
      );
    return folder;
  };
  if (command === 'restore') {
    await restore(needFolder(), config.dataDir);
    return say(`restored into ${config.dataDir}`);
  }
  const commands: Record<string, (database: Database) => Promise<void>> = {
    stats: async (database) => {
      for (const [name, value] of Object.entries(await statsOf(database))) say(`${name.padEnd(36)} ${value}`);
    },
    'retry-failed': async (database) => {
      const count = await retryFailed(database, Date.now(), config.dispatch.retryBudgetMs);
      say(`${count} failed pushes are back in the queue`);
    },
    reseal: async (database) => {
      if (config.appSecretPrevious === undefined)
        throw new Error('APP_SECRET_PREVIOUS is not set: there is nothing to open the old values with');
      const columns = [
        ...[sealedTokens, sealedSessions, sealedSteps],
        ...[...sealedPushColumns, ...sealedUploadColumns],
      ];
      const secrets = { appSecret: appSecret(), previous: config.appSecretPrevious };
      const { resealed, unreadable } = await reseal(database, columns, secrets);
      say(`${resealed} values were sealed anew, ${unreadable} could be opened with neither secret`);
      say('APP_SECRET_PREVIOUS can go 7 days after the change, when the cookies that it signed are over');
    },
    backup: async (database) => {
      const target = needFolder();
      const { payloadBucket } = config;
      const files = await backup(database, config.dataDir, target, payloadBucket !== undefined);
      if (payloadBucket === undefined) say(`the database and ${files} payload files are in ${target}`);
      else
        say(
          `the database is in ${target}; its ${files} payloads are in the bucket ${payloadBucket.bucket}: copy them there`,
        );
      if (config.mode === 'sandbox' && config.sandbox.url === undefined)
        say(
          'the state of the sandbox (DATA_DIR/sandbox) is not among them: a new one knows none of its people, and everybody connects again',
        );
      if (config.appSecret !== undefined)
        say('APP_SECRET is not among them: keep it elsewhere, nothing opens without it');
    },
  };
  const run = command === undefined || !Object.hasOwn(commands, command) ? undefined : commands[command];
  if (run === undefined) throw new Error(usage);
  const database = await openDatabase(config);
  try {
    await run(database);
  } finally {
    await database.destroy();
  }
}

async function statsOf(database: Database): Promise<Record<string, string | number>> {
  const stats: Record<string, string | number> = {};
  for (const table of ['pushes', 'connections'])
    for (const { state, count } of await database(table).select('state').count('* as count').groupBy('state'))
      stats[`${table} ${state}`] = Number(count);
  const payloads = await database('payloads')
    .join('pushes', 'pushes.id', 'payloads.push_id')
    .count('* as count')
    .sum('pushes.size as bytes')
    .min('pushes.created_at as oldest')
    .first();
  stats['payloads kept'] = Number(payloads?.count ?? 0);
  stats['payload bytes'] = Number(payloads?.bytes ?? 0);
  if (payloads?.oldest) stats['oldest payload since'] = new Date(Number(payloads.oldest)).toISOString();
  stats.sessions = Number((await database('sessions').count('* as count').first())?.count ?? 0);
  return stats;
}

async function retryFailed(database: Database, now: number, retryBudgetMs: number): Promise<number> {
  return database('pushes')
    .where('state', 'failed')
    .whereExists(database('payloads').select(1).whereRaw('payloads.push_id = pushes.id'))
    .update({ state: 'queued', next_attempt_at: now, give_up_at: now + retryBudgetMs, updated_at: now });
}
