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

/** Which contracts may make a call: all but the refused one, those that write, or those that read. */
export type Scope = 'any' | 'write' | 'read';

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
  const wanted = { any: contract.accessType, write: 'w', read: 'r' }[scope];
  if (contract.accessType !== wanted) {
    const is = contract.accessType === 'w' ? 'a write' : 'a read';
    throw new Refusal(
      'InsufficientScope',
      `this call needs a ${scope} contract: ${contract.id} is ${is} contract`,
    );
  }
}
