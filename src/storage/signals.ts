import { randomUUID } from 'node:crypto';
import type pg from 'pg';
import type { Database } from './database.js';

const channel = 'push_to_digime';
/** PostgreSQL takes payloads of less than 8000 bytes (its manual, NOTIFY). */
const mostBytes = 7900;
/** What is said within this time goes in one statement. */
const gatherMs = 10;
const mostWaiting = 10_000;
const reconnectMs = 1000;

/** What is told. */
export type Topic =
  | 'push'
  | 'progress'
  | 'queue'
  | 'journey'
  | 'upload'
  | 'ask'
  | 'answer'
  | 'studio'
  | 'left';

/**
 * Short messages between the processes that share a database: that something changed, and where to look. They may get
 * lost (a connection breaks), so whoever listens looks by itself now and then.
 */
export interface Signals {
  /** Tells the other processes. Nothing secret: the text goes through the database as it is. Never rejects. */
  tell(topic: Topic, text: string): void;
  /** @returns a function that ends it */
  listen(topic: Topic, heard: (text: string) => void): () => void;
  close(): Promise<void>;
}

/** For a process that shares its database with no other. */
export const noSignals: Signals = { tell: () => {}, listen: () => () => {}, close: async () => {} };

/**
 * Signals by `LISTEN` and `NOTIFY` of PostgreSQL. The connection that listens is one of its own; when it breaks it is
 * made anew, as long as that takes.
 * @param onTrouble told when the connection broke or could not be made
 */
export async function postgresSignals(
  database: Database,
  databaseUrl: string,
  onTrouble: (error: unknown) => void,
): Promise<Signals> {
  const { default: driver } = await import('pg');
  return new PostgresSignals(database, () => newClient(driver, databaseUrl), onTrouble);
}

const newClient = (driver: typeof pg, connectionString: string) =>
  new driver.Client({ connectionString, keepAlive: true, connectionTimeoutMillis: 5000 });

type Message = readonly [topic: Topic, text: string];

class PostgresSignals implements Signals {
  readonly #database: Database;
  readonly #newClient: () => pg.Client;
  readonly #onTrouble: (error: unknown) => void;
  readonly #me = randomUUID();
  readonly #listeners = new Map<Topic, Set<(text: string) => void>>();
  /** By what is said, so that the same is told once. */
  readonly #waiting = new Map<string, Message>();
  #timer: NodeJS.Timeout | undefined;
  #client: pg.Client | undefined;
  #again: NodeJS.Timeout | undefined;
  #isClosed = false;
  #telling: Promise<void> = Promise.resolve();

  constructor(database: Database, newClient: () => pg.Client, onTrouble: (error: unknown) => void) {
    this.#database = database;
    this.#newClient = newClient;
    this.#onTrouble = onTrouble;
    void this.#connect();
  }

  tell(topic: Topic, text: string): void {
    // While the database is away nobody hears anything, and everybody looks again afterwards.
    if (this.#isClosed || this.#waiting.size >= mostWaiting) return;
    this.#waiting.set(`${topic} ${text}`, [topic, text]);
    this.#timer ??= setTimeout(() => this.#tellAll(), gatherMs);
  }

  listen(topic: Topic, heard: (text: string) => void): () => void {
    const all = this.#listeners.get(topic) ?? new Set();
    this.#listeners.set(topic, all.add(heard));
    return () => void all.delete(heard);
  }

  async close(): Promise<void> {
    this.#tellAll();
    this.#isClosed = true;
    clearTimeout(this.#again);
    await this.#telling;
    await this.#client?.end().catch(() => {});
  }

  #tellAll(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const texts = inMessages(this.#me, [...this.#waiting.values()]);
    this.#waiting.clear();
    if (texts.length === 0) return;
    this.#telling = this.#telling
      .then(() =>
        this.#database.raw('select pg_notify(?, text) from unnest(?::text[]) as text', [channel, texts]),
      )
      .then(() => {}, this.#onTrouble);
  }

  async #connect(): Promise<void> {
    const client = this.#newClient();
    const lost = (error?: unknown) => {
      if (this.#client !== client) return;
      this.#client = undefined;
      client.end().catch(() => {});
      if (this.#isClosed) return;
      this.#onTrouble(error ?? new Error('the connection that listens has ended'));
      this.#again = setTimeout(() => void this.#connect(), reconnectMs).unref();
    };
    this.#client = client;
    client.on('error', lost);
    client.on('end', () => lost());
    client.on('notification', ({ payload }) => this.#heard(payload ?? ''));
    try {
      await client.connect();
      await client.query(`listen ${channel}`);
    } catch (error) {
      lost(error);
    }
  }

  #heard(payload: string): void {
    const message = parsed(payload);
    if (message === undefined || message.from === this.#me) return;
    for (const [topic, text] of message.said)
      for (const heard of this.#listeners.get(topic) ?? []) heard(text);
  }
}

/** Packs messages into as few payloads as they fit into. */
function inMessages(from: string, messages: readonly Message[]): string[] {
  const texts: string[] = [];
  let said: Message[] = [];
  let bytes = 0;
  const pack = () => {
    if (said.length > 0) texts.push(JSON.stringify({ from, said }));
    said = [];
    bytes = 100;
  };
  pack();
  for (const message of messages) {
    const size = Buffer.byteLength(JSON.stringify(message)) + 1;
    if (bytes + size > mostBytes) pack();
    bytes += size;
    said.push(message);
  }
  pack();
  return texts;
}

/** Whoever may connect to the database may also say something here. */
function parsed(payload: string): { from: string; said: Message[] } | undefined {
  try {
    const message = JSON.parse(payload) as { from: string; said: Message[] };
    return Array.isArray(message.said) ? message : undefined;
  } catch {
    return undefined;
  }
}
