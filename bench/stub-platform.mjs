import { generateKeyPairSync, randomUUID } from 'node:crypto';
import http from 'node:http';
import { pipeline } from 'node:stream/promises';
import jwt from 'jsonwebtoken';

// As little of digi.me as a push needs, with no check at all: it measures the clients, so it must cost nothing itself.
// Run as a process of its own; tells its port, then answers `count` with what has arrived.
const platform = generateKeyPairSync('rsa', { modulusLength: 2048 });
const contract = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key, type) => key.export({ type, format: 'pem' }).toString();
const nothing = () => ({ imports: 0, bytes: 0, lastAt: 0, firstAt: 0, refused: 0, order: [] });
const received = nothing();
let isAway = false;
let lastState = '';

const sign = (payload, base) =>
  jwt.sign(payload, pem(platform.privateKey, 'pkcs8'), {
    algorithm: 'PS512',
    keyid: 'stub',
    header: { jku: `${base}v1.7/jwks/oauth` },
    noTimestamp: true,
  });

const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

const routes = {
  'GET /sandbox/credentials': (base) => ({
    applicationId: 'bench',
    baseUrl: `${base}v1.7/`,
    onboardUrl: `${base}apps/saas/`,
    contracts: ['write', 'provider', 'read'].map((role) => ({
      id: role,
      role,
      privateKey: pem(contract.privateKey, 'pkcs1'),
    })),
  }),
  'GET /v1.7/jwks/oauth': () => ({ keys: [{ kid: 'stub', pem: pem(platform.publicKey, 'spki') }] }),
  'POST /v1.7/oauth/authorize': (base) => ({
    token: sign({ preauthorization_code: 'p' }, base),
    session: { key: 's', expiry: Date.now() + 600_000 },
  }),
  'POST /v1.7/oauth/token': (base) => ({
    token: sign(
      {
        access_token: { value: randomUUID(), expires_on: inAnHour() },
        refresh_token: { value: randomUUID(), expires_on: inAnHour() },
        sub: 'user',
        consentid: 'c',
        token_type: 'Bearer',
      },
      base,
    ),
  }),
  'GET /last-state': () => ({ state: lastState }),
  'GET /v1.7/permission-access/accounts': () => [],
};

const server = http.createServer(async (req, res) => {
  if (req.url === '/v1.7/permission-access/import') {
    if (isAway) {
      received.refused += 1;
      req.socket.destroy();
      return;
    }
    for await (const chunk of req) {
      received.bytes += chunk.length;
      const visitor = chunk.length < 1000 ? /visitor (\d+)/.exec(chunk.toString('latin1'))?.[1] : undefined;
      if (visitor !== undefined) received.order.push(Number(visitor));
    }
    received.firstAt ||= Date.now();
    received.imports += 1;
    received.lastAt = Date.now();
    res.writeHead(201, { 'Content-Type': 'application/json' }).end('{"status":"delivered"}');
    return;
  }
  if (req.url === '/v1.7/oauth/authorize')
    lastState = jwt.decode(req.headers.authorization.slice('Bearer '.length)).state;
  await pipeline(req, async (body) => {
    for await (const _chunk of body);
  });
  const base = `http://127.0.0.1:${server.address().port}/`;
  const answer = routes[`${req.method} ${req.url.split('?')[0]}`]?.(base);
  res.writeHead(answer ? 200 : 404, { 'Content-Type': 'application/json' }).end(JSON.stringify(answer ?? {}));
});

server.keepAliveTimeout = 60_000;
server.listen(0, '127.0.0.1', () => process.send(server.address().port));
process.on('message', (message) => {
  if (message === 'reset') Object.assign(received, nothing());
  if (message === 'away' || message === 'back') isAway = message === 'away';
  process.send({ ...received });
});
process.on('disconnect', () => process.exit(0));
