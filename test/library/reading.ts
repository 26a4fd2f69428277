import type { Browser } from '../support/browser.js';
import { eventually } from '../support/eventually.js';

/** Gives the app the permission to read, as a person does. @returns the callback's answer */
export async function connectReading(browser: Browser) {
  const started = await browser.post('/library/authorize');
  return browser.getJson(await browser.decide(started.headers.get('location') ?? ''));
}

/** Uploads and waits for the delivery. @returns the push's view */
export async function pushAndDeliver(
  browser: Browser,
  bytes: Uint8Array | string,
  meta: { mimeType: string; tags?: string[]; reference?: string[] },
  name: string,
) {
  const accepted = await browser.upload(bytes, { accounts: [{ accountId: 'me' }], ...meta }, { name });
  if (accepted.status !== 202) throw new Error(`the upload answered ${accepted.status}: ${accepted.text}`);
  return browser.waitForState(accepted.json.id, ['delivered', 'failed']);
}

/** Looks until the list is finished. @returns its last answer and the states on the way */
export async function finishedList(browser: Browser, query = '') {
  const states: string[] = [];
  const look = async () => {
    const { json, status, text } = await browser.getJson(`/library${query}`);
    if (status !== 200) throw new Error(`the library answered ${status}: ${text}`);
    if (states.at(-1) !== json.state) states.push(json.state);
    return json;
  };
  return { ...(await eventually('the end of the list', look, ({ isFinished }) => isFinished)), states };
}
