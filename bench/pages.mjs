import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runApp } from '../scripts/run-app.mjs';
import { connect, push } from '../scripts/visit.mjs';
import { median } from './row.mjs';

const pages = [
  '/',
  '/push',
  '/pushes',
  '/push/provider',
  '/library',
  '/accounts',
  '/inspector',
  '/what-if',
  '/forget',
  '/nowhere',
];
const requests = 200;

/**
 * Server time of every page for a visitor who has connected and pushed, at the median, one request at a time; and what
 * the first page weighs in all, as it goes over the wire.
 * @returns {Promise<import('./row.mjs').Row[]>}
 */
export async function benchPages() {
  const dataDir = mkdtempSync(join(tmpdir(), 'bench-pages-'));
  const app = runApp({ env: { DATA_DIR: dataDir, DIGIME_MODE: 'sandbox', LOG_LEVEL: 'warn' } });
  try {
    const base = await app.ready;
    const cookie = await connectAndPush(base);
    const rows = [];
    for (const page of pages) {
      const times = [];
      for (let count = 0; count < requests; count++) times.push(await timed(`${base}${page}`, cookie));
      const value = Number(median(times.slice(requests / 10)).toFixed(2));
      rows.push({
        what: `pages: GET ${page}, median`,
        value,
        unit: 'ms',
        goal: '< 10 ms',
        reached: value < 10,
      });
    }
    const bytes = await weigh(`${base}/`);
    rows.push({
      what: 'pages: the first page with all it needs',
      value: Math.round(bytes / 100) / 10,
      unit: 'kB',
      goal: '< 60 kB',
      reached: bytes < 60_000,
    });
    return rows;
  } finally {
    await app.end();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

async function connectAndPush(base) {
  const cookie = await connect(base);
  for (let count = 0; count < 10; count++)
    await push(base, cookie, { name: `note ${count}.txt`, text: 'a small file', tag: 'bench' });
  return cookie;
}

async function timed(url, cookie) {
  const begun = performance.now();
  const answer = await fetch(url, { headers: { Cookie: cookie } });
  await answer.arrayBuffer();
  return performance.now() - begun;
}

/** Compressed bytes of a page and of every file that it names. */
async function weigh(url) {
  const size = async (address) => {
    const answer = await fetch(address, { headers: { 'Accept-Encoding': 'gzip' } });
    const text = await answer.text();
    return { bytes: Number(answer.headers.get('content-length') ?? Buffer.byteLength(text)), text };
  };
  const page = await size(url);
  const files = new Set(
    [...page.text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((match) => match[1]),
  );
  let bytes = page.bytes;
  for (const file of files) bytes += (await size(new URL(file, url))).bytes;
  return bytes;
}
