import { fork } from 'node:child_process';
import { constants, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import http from 'node:http';
import { fileURLToPath } from 'node:url';
import { measure, median } from './row.mjs';

const bodyBytes = 10 * 1024;
// Many short rounds: what is compared meets the same moment of a machine that has other work too.
const load = { count: 400, atOnce: 16 };
const rounds = 15;
const warmUp = { count: 4_000, atOnce: 16 };

// Measured once, beside two signatures on the same machine: 3.4 ms of CPU where those took 1.3.
const vendorInTwoSignatures = 3.4 / 1.3;

/**
 * What a push of 10 kB costs, 16 at once, beside the posts and the signatures that it cannot do without, all against a bare
 * server in a process of its own and in turns, so that a slow moment of the machine meets all of them.
 * @returns {Promise<import('./row.mjs').Row[]>}
 */
export async function benchClient() {
  const { init } = await import('../dist/digime/index.js');
  return withServer(async (port) => rowsOf(await inTurns(worksAgainst(init, port), rounds)));
}

/**
 * Gives `use` the port of the bare server, which runs as long as that takes.
 * @template Value
 * @param {(port: number) => Promise<Value>} use
 * @returns {Promise<Value>}
 */
export async function withServer(use) {
  const server = fork(fileURLToPath(new URL('client-server.mjs', import.meta.url)));
  try {
    const [port] = await once(server, 'message');
    return await use(port);
  } finally {
    server.disconnect();
  }
}

/**
 * Measures every work once in every round, after a warm-up.
 * @param {Record<string, (index: number) => Promise<unknown>>} works
 * @param {number} times Rounds
 * @returns {Promise<Record<string, { cpuMs: number, perSecond: number }[]>>} What each cost, one entry per round
 */
export async function inTurns(works, times) {
  const measured = Object.fromEntries(Object.keys(works).map((name) => [name, []]));
  for (const work of Object.values(works)) await measure(work, warmUp);
  for (let round = 0; round < times; round += 1) {
    for (const [name, work] of Object.entries(works)) measured[name].push(await measure(work, load));
  }
  return measured;
}

/**
 * Pushes with this client, and what they are made of, by name.
 * @param {typeof import('../dist/digime/index.js').init} init
 * @param {number} port Of the bare server
 * @returns {Record<string, (index: number) => Promise<unknown>>}
 */
export function worksAgainst(init, port) {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const body = randomBytes(bodyBytes);
  const sdk = init({ applicationId: 'bench', baseUrl: `http://127.0.0.1:${port}/v1.7/` });
  const push = (tag) =>
    sdk.pushData({
      contractDetails: { contractId: 'bench', privateKey: pem },
      userAccessToken: {
        accessToken: { value: 'a'.repeat(64), expiry: 1 },
        refreshToken: { value: 'r'.repeat(64), expiry: 1 },
      },
      data: {
        fileData: body,
        fileName: 'report.pdf',
        fileDescriptor: { mimeType: 'application/pdf', accounts: [{ accountId: 'patient-1' }], tags: [tag] },
      },
    });
  const agent = new http.Agent({ keepAlive: true });
  const descriptor = 'y'.repeat(600);
  const path = '/v1.7/permission-access/import';
  const post = (token = 'x'.repeat(900)) =>
    new Promise((resolve, reject) => {
      // The headers of a push, made for each of them as nobody can avoid.
      const headers = {
        Accept: 'application/json',
        'Accept-Encoding': 'identity',
        'User-Agent': 'bench',
        Authorization: `Bearer ${token}`,
        FileDescriptor: descriptor,
        'Content-Type': 'application/octet-stream',
        'Content-Length': String(bodyBytes),
      };
      const request = http.request(
        { port, host: '127.0.0.1', path, method: 'POST', agent, headers },
        (response) => {
          response.resume();
          response.on('end', resolve);
        },
      );
      request.on('error', reject);
      request.end(body);
    });
  const input = randomBytes(600);
  const signOnce = () =>
    new Promise((resolve, reject) => {
      const key = { key: privateKey, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };
      sign('sha512', input, key, (error, signature) => (error ? reject(error) : resolve(signature)));
    });
  return {
    post: () => post(),
    oneSignature: signOnce,
    // Those two and nothing else: what a push costs whoever makes it with `http.request` and Node's own agent.
    signedPost: async () => post('x'.repeat(558) + (await signOnce()).toString('base64url')),
    twoSignatures: () => Promise.all([signOnce(), signOnce()]),
    sameDescriptor: () => push('same'),
    newDescriptor: (index) => push(`tag ${index} ${Math.random()}`),
  };
}

function rowsOf(measured) {
  const cpu = (name) => median(measured[name].map(({ cpuMs }) => cpuMs));
  const rate = (name) => median(measured[name].map(({ perSecond }) => perSecond));
  const row = (what, value, unit) => ({ what, value: Number(value.toFixed(3)), unit });
  // Of each round by itself: both have met the same moment of the machine.
  const ratioOf = (name, baseline) =>
    median(measured[name].map(({ cpuMs }, round) => cpuMs / measured[baseline][round].cpuMs));
  const beside = (what, name, baseline, times) => ({
    ...row(what, cpu(name), 'ms CPU'),
    ratio: `${ratioOf(name, baseline).toFixed(2)} × ${times}`,
  });
  const against = (what, name, baseline, times, goal) => ({
    ...beside(what, name, baseline, times),
    goal: `≤ ${goal.toFixed(2)} ×`,
    reached: ratioOf(name, baseline) <= goal,
  });
  return [
    row('client: bare post of 10 kB with http.request', cpu('post'), 'ms CPU'),
    row('client: one RSA-PSS signature alone', cpu('oneSignature'), 'ms CPU'),
    beside('client: that signature, then that post', 'signedPost', 'oneSignature', 'one signature'),
    row('client: two RSA-PSS signatures alone', cpu('twoSignatures'), 'ms CPU'),
    row('client: pushes of 10 kB, 16 at once, same descriptor', rate('sameDescriptor'), '/s'),
    row('client: pushes of 10 kB, 16 at once, new descriptor each', rate('newDescriptor'), '/s'),
    against(
      'client: push, new descriptor each (two signatures made)',
      'newDescriptor',
      'twoSignatures',
      'two signatures',
      1.25,
    ),
    against(
      'client: push, same descriptor (one signature made)',
      'sameDescriptor',
      'oneSignature',
      'one signature',
      1.25,
    ),
    beside('client: the same', 'sameDescriptor', 'signedPost', 'signature and post'),
    against(
      'client: push, against half of the vendor’s client',
      'newDescriptor',
      'twoSignatures',
      'two signatures',
      vendorInTwoSignatures / 2,
    ),
  ];
}
