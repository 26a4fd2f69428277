import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureBuilt, ensureInstalled } from './prepare.mjs';
import { runApp } from './run-app.mjs';
import { connect, push } from './visit.mjs';

/**
 * `node scripts/smoke.mjs [address]`: connects, sends a file and waits until it is delivered, by plain requests: with
 * the app at the address given, for example in a container, else with one that it starts.
 */
const given = process.argv[2];
if (given === undefined) {
  await ensureInstalled();
  await ensureBuilt();
}
const dataDir = mkdtempSync(join(tmpdir(), 'smoke-'));
const app = given
  ? undefined
  : runApp({ env: { ...process.env, DATA_DIR: dataDir, DIGIME_MODE: 'sandbox' } });
try {
  const base = given?.replace(/\/$/, '') ?? (await app.ready);
  await untilReady(base);
  const cookie = await connect(base);
  const { links } = await push(base, cookie, { name: 'letter.txt', text: 'It arrived.', tag: 'letter' });
  const events = await (await fetch(base + links.events, { headers: { Cookie: cookie } })).text();
  if (!events.includes('"state":"delivered"')) throw new Error(`it was not delivered:\n${events}`);
  console.log(`connected, sent and delivered at ${base}`);
} finally {
  await app?.end();
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
}

/** A container takes a while to start. */
async function untilReady(base) {
  for (let tries = 60; ; tries--) {
    const answer = await fetch(`${base}/healthz`).catch((error) => ({ ok: false, status: error.message }));
    if (answer.ok) return;
    if (tries === 0) throw new Error(`${base} is not there: ${answer.status}`);
    await sleep(500);
  }
}
