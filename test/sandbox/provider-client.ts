import { beforeAll } from '@jest/globals';
import { type Answer, type Connection, type Json, SigningClient } from './signing-client.js';
import { type RunningSandbox, withSandbox } from './with-sandbox.js';

export interface ProviderClient extends RunningSandbox {
  client: SigningClient;
  connection: Connection;
  accountId: string;
  /** Pushes to the provider of the connection's account. */
  send(
    body: Json | string | ReadableStream,
    changes?: { path?: string; headers?: Record<string, string> },
  ): Promise<Answer>;
}

/** The id of the account that a connection's `accountReference` names. */
export async function accountIdOf(client: SigningClient, connection: Connection): Promise<string> {
  const claims = { access_token: connection.accessToken };
  const { list } = await client.send('GET', 'permission-access/accounts', { claims });
  return String(list.find(({ reference }) => reference === connection.accountReference)?.id);
}

/** Runs a sandbox with somebody who has connected a MedMij test provider. */
export function withProvider(): ProviderClient {
  const provider = withSandbox() as ProviderClient;
  beforeAll(async () => {
    provider.client = new SigningClient(provider.sandbox, 'provider');
    provider.connection = await provider.client.connect({ sourceType: 'push', service: '9003' });
    provider.accountId = await accountIdOf(provider.client, provider.connection);
  });
  provider.send = (body, { path = 'fhir/stu3', headers } = {}) =>
    provider.client.send('POST', `permission-access/import/h:accountId/${path}`, {
      claims: { access_token: provider.connection.accessToken },
      body,
      headers: {
        accountid: provider.accountId,
        ...(typeof body === 'string' && { 'content-type': 'application/json' }),
        ...headers,
      },
    });
  return provider;
}
