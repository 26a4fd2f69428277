import { z } from 'zod';
import { requireAccessToken } from '../../identity/tokens.js';
import { parseWith, readJson } from '../../read-json.js';
import { Refusal } from '../../refusal.js';
import type { Session, StoredFile } from '../../state/records.js';
import { openSession } from '../../state/sessions.js';
import { readOptionsOf, requireAgent } from '../agent.js';
import type { Call } from '../call.js';
import { isInScope } from './session-scope.js';

/** What records that were fetched keep to. */
export const recordSchema = { standard: 'digime', version: '1.0.0' };

const fetchShape = z.object({ sourceFetch: z.boolean().optional() });

/** `POST permission-access/trigger`: a session in which the library can be read for an hour. */
export async function openReadSession(call: Call) {
  const { userId } = requireAccessToken(call.platform, call);
  const body = await readJson(call.body);
  requireAgent(body);
  parseWith(fetchShape, body, '');
  return { session: openSession(call.platform, call.contract.id, userId, readOptionsOf(body)) };
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
  const files = state.files.where(
    (file) => file.userId === userId && isInScope(file, session.scope, clock.real()),
  );
  return { session, files };
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
    fileList: shown.map(({ name, updatedAt, fetched }) => ({
      name,
      updatedDate: updatedAt,
      ...(fetched && { objectCount: fetched.objectCount, schema: recordSchema }),
    })),
  };
}
