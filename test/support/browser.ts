import type { RunningApp } from '../../src/start-app.js';

interface Answer {
  status: number;
  headers: Headers;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  json: any;
}

/**
 * A client that keeps cookies per origin and follows nothing by itself, as a script written by a careful person would.
 * It is no browser: what needs one is in test/journeys.
 */
export class Browser {
  private readonly jars = new Map<string, Map<string, string>>();

  constructor(private readonly base: string) {}

  async request(
    method: string,
    path: string,
    options: { headers?: Record<string, string>; body?: RequestInit['body'] } = {},
  ): Promise<Answer> {
    const url = new URL(path, this.base);
    const jar = this.jars.get(url.origin) ?? new Map<string, string>();
    this.jars.set(url.origin, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const response = await fetch(url, {
      method,
      redirect: 'manual',
      headers: { ...(cookie && { cookie }), ...options.headers },
      ...(options.body != null && { body: options.body }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ''] = line.split(';');
      const at = pair.indexOf('=');
      jar.set(pair.slice(0, at), pair.slice(at + 1));
    }
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: isJson ? JSON.parse(text) : undefined,
    };
  }

  get(path: string, headers: Record<string, string> = {}): Promise<Answer> {
    return this.request('GET', path, { headers });
  }

  getJson(path: string): Promise<Answer> {
    return this.get(path, { accept: 'application/json' });
  }

  /** A form without files; `accept` JSON unless headers say otherwise. */
  post(
    path: string,
    fields: Record<string, string> = {},
    headers: Record<string, string> = { accept: 'application/json' },
  ): Promise<Answer> {
    return this.request('POST', path, { headers, body: new URLSearchParams(fields) });
  }

  /** The cookies of an origin, to look at or to give to another client. */
  cookies(origin: string = new URL(this.base).origin): Map<string, string> {
    return this.jars.get(origin) ?? new Map();
  }

  /** Another client with the same cookies. */
  twin(): Browser {
    const twin = new Browser(this.base);
    for (const [origin, jar] of this.jars) twin.jars.set(origin, new Map(jar));
    return twin;
  }

  /** Decides on digi.me's consent page the way a person without scripts does. @returns the callback's address */
  async decide(
    consentUrl: string,
    decision: 'allow' | 'cancel' = 'allow',
    service?: string,
  ): Promise<string> {
    const page = await this.get(consentUrl);
    const form = /<form[^>]*method="post"[^>]*>/i.exec(page.text)?.[0] ?? '';
    const action = /action="([^"]*)"/.exec(form)?.[1]?.replaceAll('&amp;', '&') ?? consentUrl;
    const hidden = [...page.text.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([tag]) => [
      /name="([^"]*)"/.exec(tag)?.[1] ?? '',
      /value="([^"]*)"/.exec(tag)?.[1] ?? '',
    ]);
    const select = /<select[^>]*name="service"[^>]*>([\s\S]*?)<\/select>/.exec(page.text)?.[1] ?? '';
    const first = service ?? [...select.matchAll(/<option[^>]*value="([^"]+)"/g)][0]?.[1];
    const fields = { ...Object.fromEntries(hidden), ...(first && { service: first }), decision };
    const answer = await this.post(new URL(action, consentUrl).href, fields, {});
    const location = answer.headers.get('location');
    if (location === null)
      throw new Error(`the consent page answered ${answer.status}: ${answer.text.slice(0, 500)}`);
    return location;
  }

  /** The whole authorization: start, allow, come back. @returns the connection */
  async connect(type: 'library' | 'provider' = 'library'): Promise<{ id: string }> {
    const started = await this.post('/authorize', { type });
    const back = await this.get(await this.decide(started.headers.get('location') ?? ''), {
      accept: 'application/json',
    });
    if (back.status !== 303) throw new Error(`the callback answered ${back.status}: ${back.text}`);
    return back.json.connection;
  }

  /** Uploads one file for the library by script. */
  upload(
    bytes: Uint8Array | string,
    fileMeta: unknown,
    options: { name?: string; connection?: string; headers?: Record<string, string> } = {},
  ): Promise<Answer> {
    const form = new FormData();
    if (options.connection !== undefined) form.append('connection', options.connection);
    form.append('fileMeta', typeof fileMeta === 'string' ? fileMeta : JSON.stringify(fileMeta));
    form.append(
      'file',
      new Blob([Buffer.from(bytes)], { type: 'application/octet-stream' }),
      options.name ?? 'file.bin',
    );
    return this.request('POST', '/push/library', {
      headers: { accept: 'application/json', ...options.headers },
      body: form,
    });
  }

  /** Waits until the push's state is one of `states`. @returns its view */
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  async waitForState(id: string, states: readonly string[], withinMs = 90_000): Promise<any> {
    const until = Date.now() + withinMs;
    for (;;) {
      const { json } = await this.getJson(`/pushes/${id}`);
      if (states.includes(json.state)) return json;
      if (Date.now() > until)
        throw new Error(`push ${id} is still ${json.state}: ${JSON.stringify(json.lastError)}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }
}

export const browserFor = (app: Pick<RunningApp, 'baseUrl'>): Browser => new Browser(app.baseUrl);
