import http, {
  type ClientRequest,
  type IncomingMessage,
  validateHeaderName,
  validateHeaderValue,
} from 'node:http';
import https from 'node:https';
import { pipeline, type Readable } from 'node:stream';
import { urlToHttpOptions } from 'node:url';
import { createBrotliDecompress, createUnzip } from 'node:zlib';
import type { AxiosProxyConfig, AxiosRequestConfig } from 'axios';
import { TypeValidationError } from '../errors.js';
import { Stop } from './abort.js';
import type { OutgoingBody } from './intercept.js';
import { connectionFault, NetworkFault } from './network-fault.js';
import type { ProxySetting } from './proxy-setting.js';
import { idleMs, keepAnswers, keepInOneList } from './sockets.js';
import { toUpload, UploadBody } from './upload-body.js';

/** The connections of one client: kept alive and used again, through a proxy only when asked for. */
export interface Transport {
  httpAgent: http.Agent;
  httpsAgent: https.Agent;
  proxy: ProxySetting | undefined;
  /** The one that all requests of a client go to, once it is known. */
  address?: Address;
}

/** Where a base URL points, as `http.request` takes it. */
interface Address {
  isSecure: boolean;
  hostname: string;
  port: string;
  /** The value of the header `Host`. */
  host: string;
  /** Ends in a slash. */
  path: string;
}

/** Connections that stay open between calls. Idle ones do not keep the process alive. */
export function createTransport(proxy?: ProxySetting): Transport {
  // Through a proxy there is more than one address, and Node's agent tells them apart.
  const options = { keepAlive: true, ...(proxy && { timeout: idleMs }) };
  const keep = <Any extends http.Agent>(agent: Any) => keepAnswers(proxy ? agent : keepInOneList(agent));
  return {
    httpAgent: keep(new http.Agent(options)),
    httpsAgent: keep(new https.Agent(options)),
    proxy,
  };
}

/** One HTTP request. `path` is relative to `baseUrl`, which ends in a slash. */
export interface Outgoing {
  method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  baseUrl: string;
  path: string;
  headers: Record<string, string>;
  body?: OutgoingBody | undefined;
  /** Milliseconds for the whole exchange, or, with `stall`, without progress of the upload. */
  limitMs: number;
  stall?: boolean;
  /** Milliseconds for the answer's body once its head is there; by default what is left of `limitMs`. */
  answerMs?: number | undefined;
  signal?: AbortSignal | undefined;
  /** Kept up to date with the bytes of the body given to the connection. */
  meter?: { sentBytes: number } | undefined;
}

/** An answer whose head has arrived. Whoever gets one must read `body` through `answer-body.ts`, or call `close`. */
export interface Incoming {
  status: number;
  statusText: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  body: Readable;
  /** The last byte of `body` has arrived: what it buffers is all there is, and no deadline is needed. */
  isWhole: boolean;
  /** Why it was ended from our side, if it was. */
  fault(): NetworkFault | undefined;
  /** Ends the deadline; a connection whose request was not sent whole is closed, not used again. */
  close(): void;
  /** Ends the deadline only, for a reader that sets its own. */
  endDeadline(): void;
  /** Breaks the exchange off for this reason. */
  breakOff(fault: NetworkFault): void;
}

interface Exchanged {
  status: number;
  statusText?: string;
  headers: unknown;
  data: Readable;
  request?: ClientRequest;
}

/** Said of a header before anything is sent: the HTTP library's own complaint would look like a failed connection. */
function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw new TypeValidationError(
        `the header ${JSON.stringify(name)} has characters that no header may have`,
      );
    }
  }
}

/**
 * Sends one request and resolves when the head of its answer is there, whatever the status. An answer that refuses
 * (300 or more) stops an upload that is still under way; one that accepts is only believed once all was sent.
 * Rejects with a `NetworkFault`, a `SourceFault`, or a `TypeValidationError` for a header that cannot be one, never with an
 * error of the HTTP library.
 */
export async function send(transport: Transport, outgoing: Outgoing): Promise<Incoming> {
  // A push is what this client does most: see `exchangeDirectly`. axios has a tenth of a second of code to load, which can
  // wait for the first call of another kind.
  const isDirect = outgoing.stall === true && !transport.proxy;
  const byAxios = isDirect ? undefined : (await import('./axios-exchange.js')).exchangeByAxios;
  const stop = new Stop(outgoing.signal);
  let watchdog = stop.watch(outgoing.limitMs);
  const upload =
    outgoing.body &&
    toUpload(outgoing.body, (sentBytes) => {
      if (outgoing.stall) watchdog.touch();
      if (outgoing.meter) outgoing.meter.sentBytes = sentBytes;
    });
  let request: ClientRequest | undefined;
  const close = () => {
    watchdog.stop();
    stop.release();
    if (upload instanceof UploadBody) upload.destroy();
    if (request && !request.writableFinished) request.destroy();
  };
  try {
    if (byAxios) checkHeaders(outgoing.headers);
    if (stop.fault) throw stop.fault;
    const response: Exchanged = await (byAxios
      ? byAxios(configOf(transport, outgoing, upload, stop), outgoing.headers)
      : exchangeDirectly(transport, outgoing, upload, stop));
    request = response.request as ClientRequest;
    if (upload instanceof UploadBody) {
      if (response.status >= 300) upload.halt();
      else await upload.whollySentBy(request);
    }
    const isWhole = (response.data as Partial<IncomingMessage>).complete === true;
    if (outgoing.answerMs !== undefined) {
      watchdog.stop();
      if (!isWhole) watchdog = stop.watch(outgoing.answerMs);
    }
    return {
      status: response.status,
      statusText: response.statusText ?? '',
      headers: response.headers as Record<string, string | undefined>,
      body: response.data,
      isWhole,
      fault: () => stop.fault,
      close,
      endDeadline: () => watchdog.stop(),
      breakOff: (fault) => stop.end(fault),
    };
  } catch (error) {
    close();
    throw (
      (upload instanceof UploadBody ? upload.fault : undefined) ??
      stop.fault ??
      (error instanceof NetworkFault || error instanceof TypeValidationError ? error : connectionFault(error))
    );
  }
}

/**
 * The same exchange by Node's own client, for pushes without a proxy. What axios' adapter does for each request beyond that
 * took 0.08 ms of processor time of a push's 0.81 (two signatures: 0.55), measured with `npm run bench -- client`.
 */
function exchangeDirectly(
  transport: Transport,
  outgoing: Outgoing,
  upload: Buffer | UploadBody | undefined,
  stop: Stop,
): Promise<Exchanged> {
  const request = startRequest(transport, outgoing);
  return new Promise((resolve, reject) => {
    let data: Readable | undefined;
    request.on('error', reject);
    request.on('response', (response) => {
      const { statusCode: status = 0, statusMessage: statusText = '' } = response;
      data = inflated(response);
      resolve({ status, statusText, headers: response.headers, data, request });
    });
    stop.addEventListener('abort', () => {
      request.destroy(stop.fault);
      // All of it may have arrived: then ending the request alone would let the rest be read.
      data?.destroy(stop.fault);
    });
    if (upload instanceof UploadBody) {
      upload.once('error', (error) => request.destroy(error));
      upload.pipe(request);
    } else request.end(upload);
  });
}

/** @throws TypeValidationError for a header that cannot be one */
function startRequest(transport: Transport, outgoing: Outgoing): ClientRequest {
  transport.address ??= addressOf(outgoing.baseUrl);
  const { isSecure, hostname, port, host, path } = transport.address;
  const options = {
    method: outgoing.method,
    hostname,
    port,
    path: path + outgoing.path,
    headers: headerLines(host, outgoing.headers),
    agent: isSecure ? transport.httpsAgent : transport.httpAgent,
  };
  try {
    return isSecure ? https.request(options) : http.request(options);
  } catch (error) {
    checkHeaders(outgoing.headers);
    throw error;
  }
}

/** Names and values in turns: Node writes and checks them as they are, where from an object it makes a table of them first. */
function headerLines(host: string, headers: Readonly<Record<string, string>>): string[] {
  const lines: string[] = [];
  let hasHost = false;
  for (const name in headers) {
    lines.push(name, headers[name] as string);
    hasHost ||= name.length === 4 && name.toLowerCase() === 'host';
  }
  if (!hasHost) lines.push('Host', host);
  return lines;
}

function addressOf(baseUrl: string): Address {
  const url = new URL(baseUrl);
  const { protocol, hostname, port, path } = urlToHttpOptions(url);
  return {
    isSecure: protocol === 'https:',
    hostname: hostname ?? '',
    port: String(port ?? ''),
    host: url.host,
    path: path ?? '/',
  };
}

/** The body as it was before a `Content-Encoding`, which we did not ask for. */
function inflated(response: IncomingMessage): Readable {
  const encoding = response.headers['content-encoding']?.trim().toLowerCase() ?? '';
  const inflate =
    encoding === 'br'
      ? createBrotliDecompress()
      : encoding === '' || encoding === 'identity'
        ? undefined
        : createUnzip();
  return inflate ? pipeline(response, inflate, () => undefined) : response;
}

function configOf(transport: Transport, outgoing: Outgoing, data: unknown, signal: Stop): AxiosRequestConfig {
  const { proxy } = transport;
  return {
    method: outgoing.method,
    baseURL: outgoing.baseUrl,
    url: outgoing.path,
    allowAbsoluteUrls: false,
    ...(data === undefined ? {} : { data }),
    httpAgent: transport.httpAgent,
    httpsAgent: transport.httpsAgent,
    maxRedirects: 0,
    // Left out, axios looks into the environment.
    ...(proxy === 'environment' ? {} : { proxy: proxyOf(proxy) }),
    validateStatus: null,
    // A stream, because only then can an answer be read that arrives before the request was sent whole. Its size
    // is capped where it is read (`answer-body.ts`), after decompression; its deadline and ours is the signal's.
    responseType: 'stream',
    maxContentLength: -1,
    maxBodyLength: -1,
    signal,
  };
}

function proxyOf(proxy: Exclude<ProxySetting, 'environment'> | undefined): AxiosProxyConfig | false {
  if (!proxy) return false;
  const { protocol = 'http', host, port, auth } = proxy;
  return { protocol, host, port, ...(auth ? { auth } : {}) };
}
