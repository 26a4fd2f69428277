import { beforeAll, describe, expect, test } from '@jest/globals';
import { issuedAndStored } from './refusal-checks.js';
import { callbackUri, SigningClient } from './signing-client.js';
import { withSandbox } from './with-sandbox.js';

const running = withSandbox();
let client: SigningClient;
let provider: SigningClient;
beforeAll(() => {
  client = new SigningClient(running.sandbox, 'write');
  provider = new SigningClient(running.sandbox, 'provider');
});

async function page(path: string): Promise<{ status: number; html: string; csp: string }> {
  const response = await fetch(new URL(path, running.sandbox.onboardUrl));
  const csp = response.headers.get('content-security-policy') ?? '';
  return { status: response.status, html: await response.text(), csp };
}

function options(html: string): string[] {
  return [...html.matchAll(/<option value="(\d+)"/g)].map(([, id = '']) => id);
}

test('the page says who asks for what, and that this is a sandbox', async () => {
  const { code } = await client.authorize();
  const { html } = await page(`authorize?code=${code}`);
  expect(html).toContain('This is not digi.me');
  expect(html).toContain(running.sandbox.credentials().applicationId);
  expect(html).toContain(client.contract.id);
  expect(html).toContain('add files to your library, in your name');
  expect(html).toContain('30 days after it was last used');
  expect(html).toContain('http://localhost:4711');
  expect(html).not.toContain('name="service"');
  expect(html).toMatch(/<button name="decision" value="allow"[^>]*>Allow/);
  expect(html).toMatch(/<button name="decision" value="cancel"[^>]*>Cancel/);
});

test('the page speaks Dutch to who wants it', async () => {
  const { code } = await client.authorize();
  const { html } = await page(`authorize?code=${code}&lng=nl-NL`);
  expect(html).toContain('<html lang="nl">');
  expect(html).toContain('wil bestanden in je bibliotheek zetten');
  expect(html).toContain('>Toestaan<');
  expect(html).toContain('name="lng" value="nl-NL"');
});

test('cancelling leads back with USER_CANCEL, and nothing is issued', async () => {
  const { code } = await client.authorize();
  const before = issuedAndStored(running);
  const { answer, callback } = await client.decide(code, { decision: 'cancel' });
  expect(answer.status).toBe(303);
  expect(callback?.href).toBe(`${callbackUri}?success=false&errorCode=USER_CANCEL&state=state-1`);
  const added = issuedAndStored(running).journal.slice(before.journal.length);
  expect(added).toEqual([expect.stringMatching(/^\["consent",.*"settled":"cancelled"/)]);
});

describe('a source for pushes', () => {
  test('must be chosen where there is one to choose; without it nothing is issued', async () => {
    const { code } = await provider.authorize();
    const { html } = await page(`authorize?code=${code}&sourceType=push`);
    const pushes = running.sandbox.credentials().sources.filter(({ type }) => type === 'push');
    expect(options(html)).toEqual(pushes.map(({ id }) => `${id}`));
    const before = issuedAndStored(running);
    for (const service of ['', '9201', '1', 'x']) {
      const { answer, callback } = await provider.decide(code, { sourceType: 'push', service });
      expect([answer.status, callback]).toEqual([422, null]);
      expect(answer.text).toContain('Choose a source first');
    }
    expect(issuedAndStored(running)).toEqual(before);
  });

  test('can be searched and is preselected by service', async () => {
    const { code } = await provider.authorize();
    const searched = await page(`authorize?code=${code}&sourceType=push&q=rijn+ziek`);
    expect(options(searched.html)).toEqual(['9004']);
    expect(searched.html).toContain('name="q" value="rijn ziek"');
    const none = await page(`authorize?code=${code}&sourceType=push&q=%3Cb%3E`);
    expect(none.html).toContain('No source has that in its name');
    expect(none.html).not.toContain('<b>');
    const chosen = await page(`authorize?code=${code}&sourceType=push&service=9002`);
    expect(chosen.html).toContain('<option value="9002" selected>');
    const wrong = await page(`authorize?code=${code}&sourceType=push&service=9201`);
    expect(wrong.html).toContain('asked for a source that is not one of these');
  });

  test('becomes an account of the type PUSH', async () => {
    const { accessToken, accountReference } = await provider.connect({ sourceType: 'push', service: '9002' });
    const { list } = await provider.send('GET', 'permission-access/accounts', {
      claims: { access_token: accessToken },
    });
    expect(list).toEqual([
      expect.objectContaining({
        type: 'PUSH',
        reference: accountReference,
        serviceTypeId: 9002,
        serviceTypeName: 'MedMij Testhuisarts Het Spoor',
      }),
    ]);
  });
});

describe('a code on the page', () => {
  test('serves once: a second decision issues nothing and shows the way on', async () => {
    const { code, verifier } = await client.authorize();
    const { callback } = await client.decide(code);
    const before = issuedAndStored(running);
    for (const decision of ['allow', 'cancel']) {
      const { answer, callback: second } = await client.decide(code, { decision });
      expect([answer.status, second]).toEqual([409, null]);
      expect(answer.text).toContain('You have answered this already');
      expect(answer.text.replaceAll('&amp;', '&')).toContain(`href="${callback?.href}"`);
    }
    expect(issuedAndStored(running)).toEqual(before);
    expect((await client.exchange(callback?.searchParams.get('code') ?? '', verifier)).status).toBe(200);
    const { status, html } = await page(`authorize?code=${code}`);
    expect(status).toBe(409);
    expect(html).toContain('href="http://localhost:4711/"');
    expect(html).not.toContain('code=code-');
  });

  test('pressed twenty times at once gives one authorization code', async () => {
    const { code } = await client.authorize();
    const before = issuedAndStored(running).journal.length;
    const decided = await Promise.all(Array.from({ length: 20 }, () => client.decide(code)));
    expect(decided.filter(({ answer }) => answer.status === 303)).toHaveLength(1);
    const added = issuedAndStored(running).journal.slice(before);
    expect(added.filter((row) => row.startsWith('["code"'))).toHaveLength(1);
  });

  test('that has expired, was never issued or belongs to another page decides nothing', async () => {
    const { code } = await client.authorize();
    const before = issuedAndStored(running);
    expect((await client.decide('invented')).answer.status).toBe(404);
    expect((await client.decide(code, {}, 'onboard')).answer.status).toBe(404);
    expect((await client.decide(code, { sourceType: 'both' })).answer.status).toBe(400);
    expect((await client.decide(code, { decision: 'perhaps' })).answer.status).toBe(400);
    expect(issuedAndStored(running)).toEqual(before);
    running.sandbox.control.advanceClock(601);
    const { answer } = await client.decide(code);
    expect(answer.status).toBe(410);
    expect(answer.text.replaceAll('&amp;', '&')).toContain(
      `${callbackUri}?success=false&errorCode=INVALID_CODE&state=state-1`,
    );
    expect((await page(`authorize?code=${code}`)).status).toBe(410);
  });

  test('of a read contract cannot be turned into a push', async () => {
    const reader = new SigningClient(running.sandbox, 'read');
    const { code } = await reader.authorize();
    const { status, html } = await page(`authorize?code=${code}&sourceType=push`);
    expect(status).toBe(400);
    expect(html).toContain('its contract only reads');
    expect((await reader.decide(code, { sourceType: 'push', service: '9001' })).answer.status).toBe(400);
  });
});

test('every authorization without a token makes a library; with another contract’s token it joins that one', async () => {
  const first = await client.connect();
  const second = await client.connect();
  expect(second.userId).not.toBe(first.userId);
  const joined = await provider.connect(
    { sourceType: 'push', service: '9001' },
    { access_token: first.accessToken },
  );
  expect(joined.userId).toBe(first.userId);
  const { list } = await client.send('GET', 'permission-access/accounts', {
    claims: { access_token: first.accessToken },
  });
  expect(list.map(({ type }) => type)).toEqual(['USER', 'PUSH']);
  expect(list.map(({ reference }) => reference)).toEqual([first.accountReference, joined.accountReference]);
  const again = await client.connect({}, { access_token: first.accessToken });
  expect(again.accountReference).toBe(first.accountReference);
});

test('pages are of this sandbox alone: strict policy, no scripts, and forms may go to the callback only', async () => {
  const { code } = await client.authorize();
  const { csp } = await page(`authorize?code=${code}`);
  expect(csp).toBe(
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'self' http://localhost:* http://127.0.0.1:*; form-action 'self' http://localhost:4711",
  );
  const ipv6 = await client.authorize({ redirect_uri: 'http://[::1]:4711/return' });
  expect((await page(`authorize?code=${ipv6.code}`)).csp).toMatch(/form-action 'self' http:$/);
  const css = await fetch(new URL('assets/sandbox.css', running.sandbox.onboardUrl));
  expect([css.status, css.headers.get('content-type')]).toEqual([200, 'text/css; charset=utf-8']);
  expect((await page('assets/sandbox-library.js')).status).toBe(200);
  expect((await page('assets/source-9001.svg')).html).toContain('<svg');
  expect((await page('assets/source-1.svg')).status).toBe(404);
});
