import { z } from 'zod';
import { requireAccessToken } from '../../identity/tokens.js';
import { randomToken } from '../../random.js';
import { Refusal } from '../../refusal.js';
import type { Session, StoredFile } from '../../state/records.js';
import { requireAgent } from '../agent.js';
import type { Call } from '../call.js';
import { parseWith, readJson } from '../read-json.js';

const optionsShape = z.object({
  limits: z.record(z.string(), z.unknown()).optional(),
  scope: z.record(z.string(), z.unknown()).optional(),
  sourceFetch: z.boolean().optional(),
});

/** `POST permission-access/trigger`: a session in which the library can be read for an hour. */
export async function openReadSession(call: Call) {
  const { clock, lifetimes, state } = call.platform;
  const { userId } = requireAccessToken(call.platform, call);
  const body = await readJson(call.body);
  requireAgent(body);
  parseWith(optionsShape, body, '');
  const key = randomToken();
  const expiresAt = clock.aged() + lifetimes.sessionMs;
  state.sessions.put(key, { key, contractId: call.contract.id, userId, expiresAt, polls: 0 });
  return { session: { key, expiry: clock.toWire(expiresAt) } };
}

/**
 * The session of the path, which must be the caller's own.
 * @throws Refusal InvalidToken or NotFound
 */
export function requireSession(call: Call): { session: Session; files: StoredFile[] } {
  const { clock, state } = call.platform;
  const { userId } = requireAccessToken(call.platform, call);
  const session = state.sessions.get(String(call.request.params.sessionKey));
  if (!session || session.userId !== userId || session.contractId !== call.contract.id) {
    throw new Refusal('NotFound', 'no session with this key for this user and contract');
  }
  if (session.expiresAt <= clock.aged()) {
    throw new Refusal('NotFound', 'this session has expired: open another with permission-access/trigger');
  }
  return { session, files: state.files.where((file) => file.userId === userId) };
}

/**
 * `GET permission-access/query/{sessionKey}`: the first poll of a session finds it pending, the second running with the
 * older half of the files, from the third on it is completed with all of them.
 */
export function fileList(call: Call) {
  const { session, files } = requireSession(call);
  const { sessions } = call.platform.state;
  sessions.put(session.key, { ...session, polls: session.polls + 1 });
  if (session.polls === 0) return { status: { state: 'pending' } };
  const completed = session.polls > 1;
  const shown = completed ? files : files.slice(0, Math.floor(files.length / 2));
  return {
    status: { state: completed ? 'completed' : 'running' },
    fileList: shown.map(({ name, updatedAt }) => ({ name, updatedDate: updatedAt })),
  };
}
