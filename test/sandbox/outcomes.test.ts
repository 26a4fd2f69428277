import { beforeAll, describe, expect, test } from '@jest/globals';
import { dutch } from '../../src/sandbox/pages/dutch.js';
import { english } from '../../src/sandbox/pages/english.js';
import { recordKinds } from '../../src/sandbox/samples/record-kinds.js';
import { issuedAndStored } from './refusal-checks.js';
import { SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const slowMs = 300;
const running = withSandbox({ slowMs });
let client: SigningClient;
beforeAll(() => {
  client = new SigningClient(running.sandbox, 'write');
});

async function html(path: string, headers: Record<string, string> = {}): Promise<string> {
  const response = await fetch(new URL(path, running.sandbox.url), {
    headers: { accept: 'text/html', ...headers },
  });
  expect(response.status).toBe(200);
  return response.text();
}

describe('a developer can end the consent page', () => {
  async function end(outcome: string) {
    const { code, verifier } = await client.authorize();
    const startedAt = Date.now();
    const { callback } = await client.decide(code, { outcome });
    const tookMs = Date.now() - startedAt;
    return {
      callback,
      tookMs,
      exchange: () => client.exchange(callback?.searchParams.get('code') ?? '', verifier),
    };
  }

  test('as a person does', async () => {
    expect((await (await end('allow')).exchange()).status).toBe(200);
    expect((await end('cancel')).callback?.searchParams.get('errorCode')).toBe('USER_CANCEL');
  });

  test('with a wrong state', async () => {
    const { callback } = await end('wrong-state');
    expect(callback?.searchParams.get('success')).toBe('true');
    expect(callback?.searchParams.getAll('state')).toEqual(['not-state-1']);
  });

  test('with a code that has expired', async () => {
    const answer = await (await end('expired-code')).exchange();
    expect([answer.status, answer.json.error.code]).toEqual([400, 'InvalidGrant']);
    expect(answer.json.error.message).toContain('has expired');
  });

  test('slowly', async () => {
    const { tookMs, exchange } = await end('slow');
    expect(tookMs).toBeGreaterThanOrEqual(slowMs - 1);
    expect((await exchange()).status).toBe(200);
  });

  test('with a failure, in which nothing is made', async () => {
    const before = issuedAndStored(running).journal.filter((row) => row.startsWith('["library"')).length;
    expect((await end('failed')).callback?.searchParams.get('errorCode')).toBe('ONBOARD_ERROR');
    const after = issuedAndStored(running).journal.filter((row) => row.startsWith('["library"')).length;
    expect(after).toBe(before);
  });

  test('in no way that does not exist', async () => {
    const { code } = await client.authorize();
    expect((await client.decide(code, { outcome: 'constructor' })).answer.status).toBe(400);
  });
});

describe('the person', () => {
  test('is who the page was told, and the library keeps them', async () => {
    const { accessToken } = await client.connect({ person: 'grace' });
    const claims = { access_token: accessToken };
    const { list } = await client.send('GET', 'permission-access/accounts', { claims });
    expect(list[0]?.username).toBe('Grace Okafor');
    const { code } = await client.authorize({ access_token: accessToken });
    const page = await html(`apps/saas/authorize?code=${code}`);
    expect(page).toContain('Grace Okafor');
    expect(page).not.toContain('name="person"');
    const again = await client.connect({ person: 'anna' }, { access_token: accessToken });
    const { list: later } = await client.send('GET', 'permission-access/accounts', {
      claims: { access_token: again.accessToken },
    });
    expect(later[0]?.username).toBe('Grace Okafor');
  });

  test('is one after the other where nobody chooses', async () => {
    const { code } = await client.authorize();
    const selected = async () =>
      /<option value="(\w+)" selected/.exec(await html(`apps/saas/authorize?code=${code}`))?.[1];
    const first = await selected();
    await client.connect();
    expect(await selected()).not.toBe(first);
  });
});

describe('the pages', () => {
  test('speak what the browser prefers, unless the address says otherwise', async () => {
    const { code } = await client.authorize();
    const dutch = { 'accept-language': 'nl-NL,nl;q=0.9,en;q=0.5' };
    expect(await html(`apps/saas/authorize?code=${code}`, dutch)).toContain('<html lang="nl">');
    expect(await html(`apps/saas/authorize?code=${code}&lng=en`, dutch)).toContain('<html lang="en">');
    expect(await html('sandbox', dutch)).toContain('Richt een client erop');
  });

  test('lead to themselves in the other language', async () => {
    const { code } = await client.authorize();
    const english = await html(`apps/saas/authorize?code=${code}&sourceType=pull`);
    const link = /class="language" href="([^"]+)"/.exec(english)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(await html(new URL(link, `${running.sandbox.onboardUrl}authorize`).href)).toContain(
      '<html lang="nl">',
    );
  });
});

describe('the library', () => {
  test('is a page for a browser and JSON for everything else', async () => {
    const connection = await client.connect({ person: 'jonas' });
    await client.push(connection.accessToken, 'a letter', {
      mimeType: 'application/pdf',
      accounts: [{ accountId: 'a' }],
      reference: ['Letter <b>from</b> the clinic'],
      tags: ['urgent'],
    });
    const page = await html('sandbox/library');
    expect(page).toContain('Library of Jonas Weber');
    expect(page).toContain('Letter &lt;b&gt;from&lt;/b&gt; the clinic');
    expect(page).toContain('PDF document');
    expect(page).toContain('urgent');
    expect(await html('sandbox/library?lng=nl')).toContain('Bibliotheek van Jonas Weber');
    for (const accept of ['*/*', 'application/json']) {
      const response = await fetch(`${running.sandbox.url}sandbox/library`, { headers: { accept } });
      expect(await response.json()).toEqual(running.sandbox.control.library());
    }
  });
});

test('every kind of record has a name for people, in both languages', () => {
  const kinds = Object.values(recordKinds).flatMap((list) =>
    list.map(({ objectType }) => `type.${objectType}`),
  );
  expect(kinds.filter((kind) => !(kind in english) || !(kind in dutch))).toEqual([]);
});
