import { listExamples } from '../../../src/fhir/index.js';
import type { Browser } from '../../support/browser.js';

// biome-ignore lint/suspicious/noExplicitAny: tests change bundles freely
export type Bundle = any;

export const json = { accept: 'application/json', 'content-type': 'application/json' };
export const asPage = { accept: 'text/html' };

/** A bundle of one's own, free to be broken. */
export function exampleBundle(id = 'blood-pressure'): Bundle {
  const found = listExamples().find((example) => example.id === id);
  if (found === undefined) throw new Error(`there is no example ${id}`);
  return found.bundle;
}

/** The blood pressure with one value that is none, and where that is. */
export function brokenBundle(): { bundle: Bundle; path: string } {
  const bundle = exampleBundle();
  bundle.entry[1].resource.component[0].valueQuantity.value = '127';
  return { bundle, path: 'entry[1].resource.component[0].valueQuantity.value' };
}

/** The document with its PDF made longer, so that the bundle has exactly `bytes` as JSON (to the base64's four). */
export function bundleOfSize(bytes: number): Bundle {
  const bundle = exampleBundle('document');
  const binary = bundle.entry.find((entry: Bundle) => entry.resource.resourceType === 'Binary').resource;
  // The size of the attachment is not known any more, and the beginning says that it is a PDF.
  for (const { resource } of bundle.entry) delete resource.content?.[0]?.attachment?.size;
  const others = Buffer.byteLength(JSON.stringify(bundle)) - binary.content.length;
  const start = Buffer.from('%PDF-1.4\n%%').toString('base64').slice(0, 12);
  binary.content = start.padEnd(Math.floor((bytes - others) / 4) * 4, 'A');
  const patient = bundle.entry.find((entry: Bundle) => entry.resource.resourceType === 'Patient').resource;
  const missing = bytes - Buffer.byteLength(JSON.stringify(bundle));
  if (missing > 0) patient.name[0].text += 'x'.repeat(missing);
  return bundle;
}

/** `POST /push/provider` by script. */
export const pushJson = (browser: Browser, body: unknown, headers: Record<string, string> = {}) =>
  browser.request('POST', '/push/provider', { headers: { ...json, ...headers }, body: JSON.stringify(body) });

/** The page's form, with line ends as browsers send them. */
export function pushForm(
  browser: Browser,
  fields: Record<string, string>,
  options: { path?: string; file?: string; headers?: Record<string, string> } = {},
) {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.append(name, value.replaceAll('\n', '\r\n'));
  if (options.file !== undefined)
    form.append('file', new Blob([options.file], { type: 'application/json' }), 'bundle.json');
  return browser.request('POST', options.path ?? '/push/provider', {
    headers: options.headers ?? asPage,
    body: form,
  });
}

/** Connects one provider by its service id. @returns the connection, with its account where it has one */
// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
export async function connectProvider(browser: Browser, serviceId = '9001'): Promise<any> {
  const started = await browser.post('/authorize', { type: 'provider', serviceId });
  const back = await browser.get(
    await browser.decide(started.headers.get('location') ?? '', 'allow', serviceId),
    {
      accept: 'application/json',
    },
  );
  return back.json.connection;
}

/** The text within the page's textarea, as a browser would show it. */
export function shownText(page: string): string {
  const inside = /<textarea id="resource"[^>]*>\n?([^<]*)<\/textarea>/.exec(page)?.[1] ?? '';
  return inside
    .replaceAll('&#34;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
}
