import type { Readable } from 'node:stream';
import type { Request, RequestHandler, Response } from 'express';
import type { RecordedRequest } from '../control/request-log.js';
import { authenticate, type Client } from '../identity/client-jwt.js';
import type { Platform } from '../platform.js';
import { Refusal } from '../refusal.js';

/** One authenticated call of the API. `body` is the request's body, metered; read it from here only. */
export interface Call extends Client {
  platform: Platform;
  request: Request;
  response: Response;
  body: Readable;
  recorded: RecordedRequest;
}

/** What the middleware in front leaves for a call. */
export interface CallLocals {
  body: Readable;
  recorded: RecordedRequest;
}

/**
 * Which contracts may make a call: all but the refused one, those that write, or those that read; `trigger` is a read
 * call that answers a contract of the wrong kind in a way of its own (protocol.md, "What real clients send and demand").
 */
export type Scope = 'any' | 'write' | 'read' | 'trigger';

/** Makes an Express handler that authenticates the request and checks the contract's access type before `handle`. */
export function call(
  platform: Platform,
  scope: Scope | 'even-refused',
  handle: (call: Call) => Promise<unknown> | unknown,
): RequestHandler {
  return async (request, response) => {
    const { body, recorded } = response.locals as CallLocals;
    const client = authenticate(platform, request);
    if (scope !== 'even-refused') requireScope(client, scope);
    const answer = await handle({ ...client, platform, request, response, body, recorded });
    if (answer !== undefined) response.json(answer);
  };
}

function requireScope({ contract }: Client, scope: Scope): void {
  if (contract.role === 'refused') {
    throw new Refusal(
      'InsufficientScope',
      `contract ${contract.id} is the one that the sandbox always refuses`,
    );
  }
  if (scope === 'any') return;
  const wanted = scope === 'write' ? 'write' : 'read';
  const is = contract.accessType === 'w' ? 'write' : 'read';
  if (is === wanted) return;
  throw new Refusal(
    scope === 'trigger' ? 'InvalidContractDataRequest' : 'InsufficientScope',
    `this call needs a ${wanted} contract: ${contract.id} is a ${is} contract`,
  );
}
