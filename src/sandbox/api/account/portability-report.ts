import { z } from 'zod';
import { findSource } from '../../discovery/sources.js';
import { personOf } from '../../identity/people.js';
import { requireAccessToken } from '../../identity/tokens.js';
import { parseWith } from '../../read-json.js';
import { Refusal } from '../../refusal.js';
import { accountsOf } from '../../state/accounts.js';
import type { Call } from '../call.js';

/** Unix seconds. */
const moment = z.coerce.number().int().min(0);

const queryShape = z.object({
  format: z.literal('xml', 'must be xml').default('xml'),
  from: moment.default(0),
  to: moment.default(Number.MAX_SAFE_INTEGER),
});

/**
 * `GET export/{serviceType}/report`: what went between the person and MedMij providers in a period, as XML. Path and
 * shape are assumed.
 */
export function portabilityReport(call: Call): void {
  const { platform, request, response } = call;
  const { userId } = requireAccessToken(platform, call);
  if (request.params.serviceType !== 'medmij') {
    throw new Refusal('InvalidRequest', 'the service type in the path must be medmij');
  }
  const { from, to } = parseWith(queryShape, request.query, 'the parameter');
  const accounts = accountsOf(platform, userId).filter(({ sourceId }) => findSource(sourceId)?.medmij);
  const deliveries = platform.state.deliveries
    .where((delivery) => delivery.userId === userId)
    .filter(({ receivedAt }) => receivedAt >= from * 1000 && receivedAt <= to * 1000);
  const lines = accounts.flatMap((account) => [
    `  <Provider${attributes({ name: findSource(account.sourceId)?.name, connected: iso(account.createdAt) })}>`,
    ...deliveries
      .filter(({ accountId }) => accountId === account.id)
      .map(
        ({ id, size, sha256, receivedAt }) =>
          `    <Delivery${attributes({ id, received: iso(receivedAt), bytes: size, sha256 })}/>`,
      ),
    '  </Provider>',
  ]);
  const { name, birthDate } = personOf(platform.state.libraries.get(userId));
  const head = { created: iso(platform.clock.real()), serviceType: 'medmij' };
  const report = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<PortabilityReport${attributes(head)}>`,
    `  <Person${attributes({ id: userId, name, birthDate })}/>`,
    ...lines,
    '</PortabilityReport>',
  ];
  response.type('application/xml').send(`${report.join('\n')}\n`);
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function attributes(values: Record<string, string | number | undefined>): string {
  return Object.entries(values)
    .map(
      ([name, value]) =>
        ` ${name}="${String(value ?? '').replace(/[&<>"]/g, (found) => `&#${found.charCodeAt(0)};`)}"`,
    )
    .join('');
}
