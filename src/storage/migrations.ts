import { createHash } from 'node:crypto';
import type { Knex } from 'knex';

type Step = (knex: Knex) => Promise<unknown>;

/** For what a crash may lose: PostgreSQL then writes no log of it. */
const unlogged = (knex: Knex) => (knex.client.config.client === 'pg' ? 'unlogged ' : '');

/** Times are Unix milliseconds, sizes bytes; `*_sealed` holds AES-256-GCM text, JSON is text so that both databases agree. */
const steps: Record<string, Step> = {
  '001-connections-pushes': (knex) =>
    knex.schema
      .createTable('connections', (table) => {
        table.string('id', 36).primary();
        table.string('visitor_id', 36).notNullable().index();
        table.string('type', 16).notNullable();
        table.string('issuer', 512).notNullable();
        table.string('contract_id', 256).notNullable();
        table.string('user_id', 256);
        table.string('account_id', 512);
        table.string('account_reference', 512);
        table.string('account_name', 512);
        table.text('token_sealed');
        table.integer('token_version').notNullable().defaultTo(0);
        table.string('state', 32).notNullable();
        table.string('refresh_owner', 36);
        table.bigInteger('refresh_until');
        table.bigInteger('created_at').notNullable();
        table.bigInteger('updated_at').notNullable();
      })
      .createTable('used_states', (table) => {
        table.string('state_hash', 64).primary();
        table.bigInteger('used_at').notNullable().index();
      })
      .createTable('pushes', (table) => {
        table.string('id', 36).primary();
        table.string('visitor_id', 36).notNullable();
        table.string('connection_id', 36).notNullable();
        table.string('type', 16).notNullable();
        table.string('state', 32).notNullable();
        table.text('file_name').notNullable();
        table.bigInteger('size').notNullable();
        table.string('sha256', 64).notNullable();
        table.text('descriptor');
        table.string('account_id', 512);
        table.string('provider_version', 16);
        table.integer('attempts').notNullable().defaultTo(0);
        table.bigInteger('next_attempt_at');
        table.bigInteger('give_up_at').notNullable();
        table.string('lease_owner', 36);
        table.bigInteger('lease_until');
        table.boolean('possibly_duplicated').notNullable().defaultTo(false);
        table.text('last_error');
        table.text('response_sealed');
        table.string('idempotency_key', 256);
        table.string('content_hash', 64).notNullable();
        table.bigInteger('created_at').notNullable();
        table.bigInteger('updated_at').notNullable();
        table.bigInteger('delivered_at');
        table.unique(['visitor_id', 'idempotency_key']);
        table.index(['state', 'next_attempt_at']);
        table.index(['state', 'visitor_id', 'next_attempt_at']);
        table.index(['visitor_id', 'created_at']);
        table.index(['connection_id', 'state']);
      })
      .createTable('payloads', (table) => {
        table.string('push_id', 36).primary();
        table.string('spool_name', 64).unique();
        table.binary('sealed');
        table.text('key_sealed').notNullable();
      })
      .createTable('sessions', (table) => {
        table.string('sid').primary();
        table.json('sess').notNullable();
        table.timestamp('expired').notNullable().index();
      })
      .createTable('attempts', (table) => {
        table.string('push_id', 36).notNullable();
        table.integer('number').notNullable();
        table.bigInteger('started_at').notNullable();
        table.integer('duration_ms');
        table.integer('status');
        table.string('code', 128);
        table.text('message');
        table.string('reference', 256);
        table.primary(['push_id', 'number']);
      }),
  '002-sealed-sessions': async (knex) => {
    await knex.schema.createTable('new_sessions', (table) => {
      table.string('id', 64).primary();
      table.text('data').notNullable();
      table.bigInteger('expires_at').notNullable().index();
    });
    // The contents move as they are; the app seals them before it answers its first request.
    for (let last = ''; ; ) {
      const rows = await knex('sessions').where('sid', '>', last).orderBy('sid').limit(500);
      if (rows.length === 0) break;
      for (const { sid, sess, expired } of rows)
        await knex('new_sessions').insert({
          id: createHash('sha256').update(sid).digest('hex'),
          data: typeof sess === 'string' ? sess : JSON.stringify(sess),
          expires_at: new Date(expired).getTime(),
        });
      last = rows.at(-1).sid;
    }
    await knex.schema.dropTable('sessions').renameTable('new_sessions', 'sessions');
  },
  '003-last-visits': async (knex) => {
    await knex.schema.alterTable('connections', (table) => {
      table.bigInteger('visited_at').notNullable().defaultTo(0).index();
    });
    await knex('connections').update({ visited_at: knex.ref('updated_at') });
  },
  // What the check of a bundle refused and the person sent all the same, as JSON.
  '004-overruled-problems': async (knex) => {
    await knex.schema.alterTable('pushes', (table) => {
      table.text('overruled');
    });
  },
  '005-rate-limits': async (knex) => {
    await knex.raw(
      `create ${unlogged(knex)}table rate_limits (key_hash varchar(64) primary key, hits integer not null, reset_at bigint not null)`,
    );
    await knex.schema.alterTable('rate_limits', (table) => {
      table.index('reset_at');
    });
  },
  '006-resumable-uploads': async (knex) => {
    await knex.schema.createTable('uploads', (table) => {
      table.string('id', 36).primary();
      table.string('visitor_id', 36).notNullable().index();
      table.string('connection_id', 36).notNullable();
      table.bigInteger('size').notNullable();
      // Whole segments in the file, and the bytes behind them.
      table.integer('segments').notNullable();
      table.text('tail_sealed');
      table.integer('tail_bytes').notNullable();
      table.text('facts_sealed').notNullable();
      table.text('key_sealed').notNullable();
      table.string('spool_name', 64).unique();
      table.string('push_id', 36);
      table.bigInteger('created_at').notNullable().index();
    });
  },
  '007-retention': async (knex) => {
    await knex.schema.alterTable('pushes', (table) => {
      table.index(['state', 'updated_at']);
    });
  },
  // Of what has been sent nothing is in it: the age of the queue costs the same however long the history is.
  '008-queue-age': (knex) =>
    knex.raw(
      "create index pushes_unsent_created_at_index on pushes (created_at) where state in ('queued', 'pushing')",
    ),
  '009-traces': (knex) =>
    knex.schema.alterTable('pushes', (table) => {
      table.string('trace_parent', 55);
    }),
  '010-uploads-anywhere': async (knex) => {
    await knex.schema.alterTable('uploads', (table) => {
      // Names in the store of what has arrived, as JSON, and who is receiving it now, where several processes may.
      table.text('parts').notNullable().defaultTo('[]');
      table.string('holder', 36);
    });
  },
  // What the inspector shows, where several processes share it, and what they ask one another: a crash may lose it.
  '011-shared-journeys': async (knex) => {
    await knex.raw(
      `create ${unlogged(knex)}table journeys (visitor_id varchar(36) primary key, id varchar(36) not null, count integer not null, updated_at bigint not null)`,
    );
    await knex.raw(
      `create ${unlogged(knex)}table journey_steps (id varchar(36) primary key, visitor_id varchar(36) not null, number integer not null, bytes integer not null, owner varchar(36), data_sealed text not null)`,
    );
    await knex.raw(
      `create ${unlogged(knex)}table questions (id varchar(36) primary key, owner varchar(36) not null, asked_sealed text not null, answer_sealed text, created_at bigint not null)`,
    );
    await knex.raw(
      `create ${unlogged(knex)}table visitor_faults (visitor_id varchar(36) primary key, faults text not null, updated_at bigint not null)`,
    );
    await knex.schema
      .alterTable('journeys', (table) => {
        table.index('updated_at');
      })
      .alterTable('journey_steps', (table) => {
        table.index(['visitor_id', 'number']);
      });
  },
  // Streams of events that are open, where several processes share the limits of them.
  '012-event-streams': async (knex) => {
    await knex.raw(
      `create ${unlogged(knex)}table event_streams (id varchar(36) primary key, visitor_hash varchar(64) not null, address_hash varchar(64) not null, lapses_at bigint not null)`,
    );
    await knex.schema.alterTable('event_streams', (table) => {
      table.index(['visitor_hash', 'lapses_at']);
      table.index(['address_hash', 'lapses_at']);
    });
  },
  // Whose payload it is and how large, so that the room it takes is read from one index.
  '013-room-taken': async (knex) => {
    await knex.schema.alterTable('payloads', (table) => {
      table.string('visitor_id', 36).notNullable().defaultTo('');
      table.bigInteger('size').notNullable().defaultTo(0);
    });
    const of = (column: string) => `(select ${column} from pushes where pushes.id = payloads.push_id)`;
    await knex.raw(
      `update payloads set visitor_id = ${of('visitor_id')}, size = ${of('size')} where push_id in (select id from pushes)`,
    );
    await knex.schema.alterTable('payloads', (table) => {
      table.index(['visitor_id', 'size']);
    });
  },
  // Who watches in the studio, and what is held there, where several processes share it.
  '014-shared-studio': async (knex) => {
    await knex.raw(
      `create ${unlogged(knex)}table studio_visits (visitor_id varchar(36) primary key, is_pausing boolean not null, lapses_at bigint not null)`,
    );
    await knex.raw(
      `create ${unlogged(knex)}table held_calls (id varchar(36) primary key, visitor_id varchar(36) not null, owner varchar(36) not null, ends_at bigint not null, view_sealed text not null)`,
    );
    await knex.schema.alterTable('held_calls', (table) => {
      table.index('visitor_id');
    });
  },
};

/** The migrations live in code, so that a compiled or packed app needs no folder of scripts beside it. */
export const migrations: Knex.MigrationSource<string> = {
  getMigrations: async () => Object.keys(steps),
  getMigrationName: (name) => name,
  getMigration: async (name) => ({
    up: async (knex) => {
      await steps[name]?.(knex);
    },
    down: async () => {
      throw new Error('migrations only go forward: restore a backup instead');
    },
  }),
};
