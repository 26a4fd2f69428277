import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.js';
import { type Pair, startPair } from '../support/start-pair.js';

let pair: Pair;
beforeAll(async () => {
  pair = await startPair();
});
afterEach(() => {
  pair.sandbox.control.clearFaults();
});
afterAll(() => pair.close());

async function visitor(): Promise<Browser> {
  const browser = pair.browser();
  await browser.connect('library');
  await browser.connect('provider');
  return browser;
}

async function providerAccount(browser: Browser) {
  const { json } = await browser.getJson('/accounts');
  return json.accounts.find((account: { type: string }) => account.type === 'PUSH');
}

describe('the accounts', () => {
  test('are those of the library, once, with the state of each permission', async () => {
    const browser = await visitor();
    const { json } = await browser.getJson('/accounts');
    expect(json.libraries).toHaveLength(1);
    expect(json.libraries[0].connections).toHaveLength(2);
    expect(json.accounts.map((account: { permission: string }) => account.permission)).toEqual([
      'allowed',
      'allowed',
    ]);
    const page = await browser.get('/accounts');
    expect(page.text).toContain(json.accounts[1].name);
    expect(page.text).toContain('Allowed');
  });

  test('that digi.me does not give are said to be missing, and the page stands', async () => {
    const browser = await visitor();
    pair.sandbox.control.addFault({ route: 'accounts', times: 20, status: 500 });
    const page = await browser.get('/accounts');
    expect(page.status).toBe(200);
    expect(page.text).toContain('Something failed at digi.me');
  });

  test('of somebody else are not there, whatever is done with them', async () => {
    const account = await providerAccount(await visitor());
    const stranger = await visitor();
    for (const deed of ['revoke', 'reauthorize', 'delete']) {
      const path = `/accounts/${account.id}/${deed}`;
      expect((await stranger.getJson(path)).json.error.code).toBe('AccountNotFound');
      expect((await stranger.post(path)).status).toBe(404);
      expect((await pair.browser().post(path)).status).toBe(404);
    }
  });
});

describe('withdrawing', () => {
  test('asks once, goes to the provider and comes back withdrawn', async () => {
    const browser = await visitor();
    const account = await providerAccount(browser);
    const question = await browser.get(account.links.revoke);
    expect(question.text).toContain(`<form method="post" action="${account.links.revoke}"`);
    const sent = await browser.post(account.links.revoke, {}, {});
    expect(sent.status).toBe(303);
    const back = await browser.get(await browser.decide(sent.headers.get('location') ?? ''));
    expect(back.headers.get('location')).toBe('/accounts');
    expect((await browser.get('/accounts')).text).toContain('is withdrawn');
    expect((await browser.get('/accounts')).text).not.toContain('is withdrawn');
    expect((await providerAccount(browser)).permission).toBe('withdrawn');
  });

  test('says that nothing changed when the person kept the permission, with the words escaped', async () => {
    const browser = await visitor();
    const account = await providerAccount(browser);
    await browser.post(account.links.revoke);
    await browser.get('/accounts/revoked?result=failed&error_message=%3Cimg%20src%3Dx%3E%20no');
    const page = await browser.get('/accounts');
    expect(page.text).toContain('was not withdrawn');
    expect(page.text).toContain('&lt;img src=x&gt; no');
    expect(page.text).not.toContain('<img src=x>');
  });

  test('is not believed on the word of an address alone', async () => {
    const browser = await visitor();
    const account = await providerAccount(browser);
    await browser.post(account.links.revoke);
    await browser.get('/accounts/revoked?result=success');
    expect((await browser.get('/accounts')).text).toContain('was not withdrawn');
    expect((await browser.getJson('/accounts/revoked?result=success')).status).toBe(400);
    expect((await browser.getJson('/accounts/revoked?result=maybe')).status).toBe(400);
  });

  test('that the provider has no page for gives the reason and another way', async () => {
    const browser = await visitor();
    const { json } = await browser.getJson('/accounts');
    const own = json.accounts.find((account: { type: string }) => account.type === 'USER');
    const answer = await browser.post(own.links.revoke, {}, {});
    expect(answer.status).toBe(502);
    expect(answer.text).toContain('MedMij');
    expect(answer.text).toContain(own.links.delete);
  });
});

describe('allowing again', () => {
  test('goes to digi.me and comes back allowed', async () => {
    const browser = await visitor();
    const account = await providerAccount(browser);
    const revoked = await browser.post(account.links.revoke);
    await browser.get(await browser.decide(revoked.json.url));
    expect((await providerAccount(browser)).permission).toBe('withdrawn');
    const sent = await browser.post(account.links.reauthorize);
    const back = await browser.getJson(await browser.decide(sent.json.url));
    expect(back.json).toMatchObject({ deed: 'reauthorize', isDone: true });
    expect((await providerAccount(browser)).permission).toBe('allowed');
  });

  test('that was cancelled changes nothing', async () => {
    const browser = await visitor();
    const account = await providerAccount(browser);
    const sent = await browser.post(account.links.reauthorize);
    const back = await browser.getJson(await browser.decide(sent.json.url, 'cancel'));
    expect(back.json).toMatchObject({ isDone: false, message: 'USER_CANCEL' });
    expect((await browser.getJson('/accounts/reauthorized?success=true')).status).toBe(400);
  });

  test('lets go on what waited for the account', async () => {
    const browser = await visitor();
    const [connection] = (await browser.getJson('/')).json.connections.filter(
      ({ type }: { type: string }) => type === 'library',
    );
    pair.sandbox.control.addFault({
      route: 'import',
      status: 511,
      body: { error: { code: 'ServiceAuthorizationError', message: 'again', reference: 'r' } },
    });
    const accepted = await browser.upload(
      'x',
      { mimeType: 'text/plain', accounts: [{ accountId: 'me' }] },
      { name: 'waits.txt', connection: connection.id },
    );
    await browser.waitForState(accepted.json.id, ['needs-reauthorization']);
    const account = await providerAccount(browser);
    const sent = await browser.post(account.links.reauthorize);
    await browser.get(await browser.decide(sent.json.url));
    expect((await browser.waitForState(accepted.json.id, ['delivered', 'failed'])).state).toBe('delivered');
  });
});

describe('deleting', () => {
  test('asks once and removes the account at digi.me', async () => {
    const browser = await visitor();
    const account = await providerAccount(browser);
    expect((await browser.get(account.links.delete)).text).toContain('undone');
    expect(await providerAccount(browser)).toBeDefined();
    expect((await browser.post(account.links.delete, {}, {})).headers.get('location')).toBe('/accounts');
    expect(await providerAccount(browser)).toBeUndefined();
  });
});
