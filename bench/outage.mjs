import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { runApp } from '../scripts/run-app.mjs';
import { connect, multipart, send } from './push-service.mjs';
import { measure } from './row.mjs';

const visitors = 10;
const minutes = 2;

/**
 * digi.me ends every connection while pushes wait: how many requests it gets in each minute, how long it takes until all
 * have arrived once it is back, how far visitors are apart in that, and the app's memory. `BENCH_WAITING` says how many
 * wait (500).
 * @returns {Promise<import('./row.mjs').Row[]>}
 */
export async function benchOutage() {
  const count = Number(process.env.BENCH_WAITING ?? 500);
  const stub = fork(fileURLToPath(new URL('stub-platform.mjs', import.meta.url)));
  const dataDir = mkdtempSync(join(tmpdir(), 'outage-'));
  const ask = async (question) => {
    stub.send(question);
    return (await once(stub, 'message'))[0];
  };
  const [stubPort] = await once(stub, 'message');
  const app = runApp({
    env: {
      DATA_DIR: dataDir,
      DIGIME_MODE: 'sandbox',
      SANDBOX_URL: `http://127.0.0.1:${stubPort}/`,
      LOG_LEVEL: 'silent',
      RATE_LIMIT_UPLOADS_PER_MINUTE: '1000000',
    },
  });
  try {
    const port = Number(new URL(await app.ready).port);
    const cookies = [];
    for (let n = 0; n < visitors; n++) cookies.push(await connect(port, stubPort));
    await ask('away');
    const { perSecond } = await measure(
      (n) => {
        const body = Buffer.from(`visitor ${n % visitors} push ${Math.floor(n / visitors)}\n`);
        const { headers, head, tail } = multipart(body);
        const parts = [head, body, tail].map((chunk) => ({ chunk, bytes: chunk.length }));
        const to = {
          ...{ port, path: '/push/library' },
          headers: { Cookie: cookies[n % visitors], Accept: 'application/json' },
        };
        return send(to, { parts, contentHeaders: headers });
      },
      { count, atOnce: 16 },
    );
    const memory = async () => {
      const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      return Math.round(Number(/^process_resident_memory_bytes (\S+)/m.exec(text)?.[1]) / 2 ** 20);
    };
    const rows = [
      { what: `outage: ${count} pushes are accepted meanwhile`, value: Math.round(perSecond), unit: '/s' },
    ];
    let before = 0;
    for (let minute = 1; minute <= minutes; minute++) {
      await sleep(60_000);
      const { refused } = await ask('count');
      rows.push({
        what: `outage: requests in minute ${minute} after that, and while accepting`,
        value: refused - before,
        unit: '',
      });
      before = refused;
    }
    rows.push({ what: 'outage: memory of the app while all wait', value: await memory(), unit: 'MiB' });
    const begun = Date.now();
    await ask('back');
    let facts = await ask('count');
    let most = 0;
    for (; facts.imports < count; facts = await ask('count')) {
      most = Math.max(most, await memory());
      await sleep(500);
    }
    rows.push(
      { what: 'outage: until the first one arrives again', value: (facts.firstAt - begun) / 1000, unit: 's' },
      { what: 'outage: until all have arrived', value: (facts.lastAt - begun) / 1000, unit: 's' },
      { what: 'outage: most memory of the app meanwhile', value: most, unit: 'MiB' },
      {
        what: 'outage: most that one visitor was ahead of another',
        value: farthestApart(facts.order),
        unit: 'pushes',
      },
    );
    return rows;
  } finally {
    await app.end('SIGTERM');
    stub.disconnect();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function farthestApart(order) {
  const done = Array.from({ length: visitors }, () => 0);
  let most = 0;
  for (const visitor of order.slice(0, -visitors)) {
    done[visitor]++;
    most = Math.max(most, Math.max(...done) - Math.min(...done));
  }
  return most;
}
