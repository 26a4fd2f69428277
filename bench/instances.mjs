import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import S3rver from 's3rver';
import { runApp } from '../scripts/run-app.mjs';
import { connect, multipart, send } from './push-service.mjs';
import { measure } from './row.mjs';

const bytes = 100 * 1024;
const count = 600;

/**
 * Delivered pushes per second with one, two and three instances on one PostgreSQL (`BENCH_DATABASE_URL`, a database to
 * be used up), with a common folder and with an S3 server in this process. All of it shares this machine's cores with the
 * instances: it shows what sharing costs, not what more machines bring.
 * @returns {Promise<import('./row.mjs').Row[]>}
 */
export async function benchInstances() {
  const databaseUrl = process.env.BENCH_DATABASE_URL;
  if (databaseUrl === undefined) return [];
  const stub = fork(fileURLToPath(new URL('stub-platform.mjs', import.meta.url)));
  const folder = mkdtempSync(join(tmpdir(), 'instances-'));
  const s3 = new S3rver({
    ...{ port: 0, address: '127.0.0.1', silent: true, directory: join(folder, 's3') },
    configureBuckets: [{ name: 'payloads', configs: [] }],
  });
  const rows = [];
  try {
    const [stubPort] = await once(stub, 'message');
    const { port } = await s3.run();
    const bucket = {
      PAYLOAD_STORE: 's3://payloads',
      S3_ENDPOINT: `http://127.0.0.1:${port}`,
      S3_REGION: 'us-east-1',
      ...{ AWS_ACCESS_KEY_ID: 'S3RVER', AWS_SECRET_ACCESS_KEY: 'S3RVER', NODE_NO_WARNINGS: '1' },
    };
    let alone;
    for (const [store, env] of [
      ['a folder', { DATA_DIR: join(folder, 'shared') }],
      ['S3', { DATA_DIR: join(folder, 'none'), ...bucket }],
    ])
      for (const instances of [1, 2, 3]) {
        const rate = await deliveredWith(instances, { ...env, DATABASE_URL: databaseUrl }, stub, stubPort);
        alone ??= rate;
        rows.push({
          what: `instances: 100 kB delivered, 16 at once, ${instances} on PostgreSQL and ${store}`,
          value: Math.round(rate),
          unit: '/s',
          ratio: `${(rate / alone).toFixed(2)} × of one, folder`,
        });
      }
    return rows;
  } finally {
    stub.disconnect();
    await s3.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function deliveredWith(instances, env, stub, stubPort) {
  const apps = Array.from({ length: instances }, () =>
    runApp({
      nodeOptions: ['--max-semi-space-size=2'],
      env: {
        ...env,
        APP_SECRET: 'a secret of thirty-two characters',
        DIGIME_MODE: 'sandbox',
        SANDBOX_URL: `http://127.0.0.1:${stubPort}/`,
        LOG_LEVEL: 'silent',
        RATE_LIMIT_UPLOADS_PER_MINUTE: '1000000',
      },
    }),
  );
  const ask = async (question) => {
    stub.send(question);
    return (await once(stub, 'message'))[0];
  };
  try {
    const ports = [];
    for (const app of apps) ports.push(Number(new URL(await app.ready).port));
    const headers = { Cookie: await connect(ports[0], stubPort), Accept: 'application/json' };
    const { headers: contentHeaders, head, body, tail } = multipart(Buffer.alloc(bytes, 7));
    const parts = [head, body, tail].map((chunk) => ({ chunk, bytes: chunk.length }));
    const push = (n) =>
      send({ port: ports[n % instances], path: '/push/library', headers }, { parts, contentHeaders });
    const burst = async (pushes) => {
      await ask('reset');
      const begun = Date.now();
      await measure(push, { count: pushes, atOnce: 16 });
      for (;;) {
        const { imports, lastAt } = await ask('count');
        if (imports >= pushes) return (pushes * 1000) / (lastAt - begun);
        await sleep(10);
      }
    };
    await burst(60);
    return await burst(count);
  } finally {
    await Promise.all(apps.map((app) => app.end('SIGTERM')));
  }
}
