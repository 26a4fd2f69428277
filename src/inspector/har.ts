import type { Exchange } from '../digime/index.js';
import type { Step } from './step.js';

type NameValue = { name: string; value: string };

/** An HTTP archive (HAR 1.2) of the calls to digi.me: what happened between browser and app is not in it. */
export function harOf(steps: readonly Step[]): object {
  return {
    log: {
      version: '1.2',
      creator: { name: 'digime-push-onboarding', version: '1' },
      comment: 'Calls of the app to digi.me. Secrets are masked; files and resources are left out.',
      entries: steps.flatMap((step) => (step.kind === 'exchange' ? [entryOf(step.exchange)] : [])),
    },
  };
}

function entryOf(exchange: Exchange): object {
  const { request, response, error } = exchange;
  const time = Math.max(0, exchange.durationMs);
  return {
    startedDateTime: new Date(exchange.startedAt).toISOString(),
    time,
    request: {
      method: request.method,
      url: request.url,
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: headersOf(request.headers),
      queryString: queryOf(request.url),
      ...(request.body !== undefined && {
        postData: {
          mimeType: request.headers['Content-Type'] ?? 'application/json',
          params: [],
          text: JSON.stringify(request.body),
        },
      }),
      headersSize: -1,
      bodySize: request.bodyBytes,
      ...(request.body === undefined && request.bodyBytes > 0 && { comment: 'The body was not kept.' }),
    },
    // HAR has no word for "no answer": status 0 is what browsers write.
    response: {
      status: response?.status ?? 0,
      statusText: response?.statusText ?? '',
      httpVersion: 'HTTP/1.1',
      cookies: [],
      headers: headersOf(response?.headers ?? {}),
      content: {
        size: response?.bodyBytes ?? 0,
        mimeType: response?.headers['content-type'] ?? 'x-unknown',
        ...(response?.body !== undefined && { text: JSON.stringify(response.body) }),
      },
      redirectURL: response?.headers.location ?? '',
      headersSize: -1,
      bodySize: response?.bodyBytes ?? -1,
      ...(error && { comment: `${error.code}: ${error.message}` }),
    },
    cache: {},
    timings: { send: 0, wait: time, receive: 0 },
    // Names of our own begin with an underscore, as HAR asks.
    _call: exchange.call,
    _attempt: exchange.attempt,
    ...(request.claims && { _jwt: { header: request.jwtHeader, claims: request.claims } }),
    ...(request.fileDescriptor !== undefined && { _fileDescriptor: request.fileDescriptor }),
  };
}

function headersOf(headers: Record<string, string>): NameValue[] {
  return Object.entries(headers).map(([name, value]) => ({ name, value }));
}

function queryOf(url: string): NameValue[] {
  if (!URL.canParse(url)) return [];
  return [...new URL(url).searchParams].map(([name, value]) => ({ name, value }));
}
