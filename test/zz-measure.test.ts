import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { test } from '@jest/globals';
import { startCluster } from './support/cluster.js';
import { eventually } from './support/eventually.js';
import { fileMeta } from './support/multipart.js';
import { startPostgres } from './support/postgres.js';
import { startS3 } from './support/s3-server.js';
import { startUnsteadyProxy } from './support/unsteady-proxy.js';

const note = (line: string) => appendFileSync('/tmp/w/cl-measure.log', `${line}\n`);
test('measure', async () => {
  const [postgres, s3] = await Promise.all([startPostgres(), startS3()]);
  const address = new URL(await postgres.newDatabase());
  const network = await startUnsteadyProxy(Number(address.port));
  address.port = String(network.port);
  const cluster = await startCluster({ databaseUrl: address.href, s3, env: { PUSH_LEASE_SECONDS: '12' } });
  try {
    const browser = cluster.browser();
    await browser.connect();
    for (let round = 0; round < 2; round++) {
      cluster.sandbox.control.addFault({ route: 'import', times: 6, behaviour: 'hang' });
      const ids: string[] = [];
      for (let n = 0; n < 6; n++) ids.push((await browser.upload(randomBytes(1000), fileMeta)).json.id);
      await eventually('hang', () => cluster.sandbox.control.faults().faults.length === 0);
      const [victim] = cluster.instances.slice(-3);
      if (victim === undefined) return;
      cluster.takeOut(victim);
      await victim.end('SIGKILL');
      const killed = Date.now();
      const later = await eventually(
        'delivered',
        async () => {
          const all = await Promise.all(ids.map((id) => browser.getJson(`/pushes/${id}`)));
          return all
            .filter(({ json }) => json.state === 'delivered')
            .map(({ json }) => json.deliveredAt - killed);
        },
        (all) => all.length >= 2,
      );
      note(`lease 12 s: after the kill its pushes were delivered within ms: ${later.join(', ')}`);
      cluster.sandbox.control.clearFaults();
      await cluster.add();
    }
    for (const away of [2000, 10_000]) {
      network.cut();
      await new Promise((r) => setTimeout(r, away));
      const back = Date.now();
      network.restore();
      await eventually(
        '202',
        () => browser.upload(randomBytes(100), fileMeta),
        ({ status }) => status === 202,
      );
      note(`database away ${away} ms: first 202 after ${Date.now() - back} ms`);
      const ready = await Promise.all(
        cluster.instances.slice(-3).map(async (one) => {
          await eventually(
            'ready',
            () => one.browser().getJson('/readyz'),
            ({ status }) => status === 200,
          );
          return Date.now() - back;
        }),
      );
      note(`all ready after ${ready.join(', ')} ms`);
    }
  } finally {
    await cluster.close();
    await network.close();
    await s3.close();
  }
  const run = async (bench: string) => {
    const { stdout } = await promisify(execFile)('node', ['bench/run.mjs', bench], {
      env: {
        ...process.env,
        BENCH_DATABASE_URL: await postgres.newDatabase(),
        BENCH_LEDGER_ONLY: 'PostgreSQL',
      },
      maxBuffer: 1e7,
    });
    note(stdout);
  };
  await run('instances').catch((e) => note(String(e)));
  await run('ledger').catch((e) => note(String(e)));
  await postgres.remove();
}, 1_500_000);
