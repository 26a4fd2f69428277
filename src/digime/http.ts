import type { ClientRequest } from 'node:http';
import type { Readable } from 'node:stream';
import {
  AxiosHeaders,
  type AxiosProxyConfig,
  type AxiosRequestConfig,
  getAdapter,
  type InternalAxiosRequestConfig,
} from 'axios';
import { connectionFault, NetworkFault } from './network-fault.js';
import { SourceFault } from './source-fault.js';
import { Stop } from './stop.js';
import type { ProxySetting, Transport } from './transport.js';
import { type OutgoingBody, toUpload, UploadBody } from './upload-body.js';

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
  /** Why it was ended from our side, if it was. */
  fault(): NetworkFault | undefined;
  /** Ends the deadline; a connection whose request was not sent whole is closed, not used again. */
  close(): void;
  /** Ends the deadline only, for a reader that sets its own. */
  endDeadline(): void;
  /** Breaks the exchange off for this reason. */
  breakOff(fault: NetworkFault): void;
}

// The adapter itself, without axios' merging of defaults, interceptors and transforms: we use none of them, and they
// cost as much processor time as the rest of the exchange.
const exchange = getAdapter('http');

/**
 * Sends one request and resolves when the head of its answer is there, whatever the status. An answer that refuses
 * (300 or more) stops an upload that is still under way; one that accepts is only believed once all was sent.
 * Rejects with a `NetworkFault` or a `SourceFault`, never with an error of the HTTP library.
 */
export async function send(transport: Transport, outgoing: Outgoing): Promise<Incoming> {
  const stop = new Stop(outgoing.signal);
  let watchdog = stop.watch(outgoing.limitMs);
  const upload =
    outgoing.body &&
    toUpload(outgoing.body, (sentBytes) => {
      if (outgoing.stall) watchdog.touch();
      if (outgoing.meter) outgoing.meter.sentBytes = sentBytes;
    });
  const sourceFault = upload instanceof UploadBody ? faultOf(upload) : () => undefined;
  let request: ClientRequest | undefined;
  const close = () => {
    watchdog.stop();
    stop.release();
    if (upload instanceof UploadBody) upload.destroy();
    if (request && !request.writableFinished) request.destroy();
  };
  try {
    if (stop.fault) throw stop.fault;
    const response = await exchange(configOf(transport, outgoing, upload, stop));
    request = response.request as ClientRequest;
    if (upload instanceof UploadBody) {
      if (response.status >= 300) upload.halt();
      else await sentWhole(request, upload);
    }
    if (outgoing.answerMs !== undefined) {
      watchdog.stop();
      watchdog = stop.watch(outgoing.answerMs);
    }
    return {
      status: response.status,
      statusText: response.statusText ?? '',
      headers: response.headers as Record<string, string | undefined>,
      body: response.data,
      fault: () => stop.fault,
      close,
      endDeadline: () => watchdog.stop(),
      breakOff: (fault) => stop.end(fault),
    };
  } catch (error) {
    close();
    throw sourceFault() ?? stop.fault ?? (error instanceof NetworkFault ? error : connectionFault(error));
  }
}

function configOf(
  transport: Transport,
  outgoing: Outgoing,
  data: unknown,
  signal: Stop,
): InternalAxiosRequestConfig {
  const { proxy } = transport;
  const config: AxiosRequestConfig = {
    method: outgoing.method,
    baseURL: outgoing.baseUrl,
    url: outgoing.path,
    allowAbsoluteUrls: false,
    headers: AxiosHeaders.from(outgoing.headers),
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
  return config as InternalAxiosRequestConfig;
}

function faultOf(upload: UploadBody): () => SourceFault | undefined {
  let fault: SourceFault | undefined;
  upload.on('error', (error) => {
    if (error instanceof SourceFault) fault = error;
  });
  return () => fault;
}

function sentWhole(request: ClientRequest, upload: UploadBody): Promise<void> {
  if (request.writableFinished) return Promise.resolve();
  return new Promise((resolve, reject) => {
    request.once('finish', resolve);
    request.once('close', () =>
      reject(new NetworkFault('ConnectionReset', 'the connection ended before the file was sent whole')),
    );
    upload.once('error', reject);
  });
}

function proxyOf(proxy: Exclude<ProxySetting, 'environment'> | undefined): AxiosProxyConfig | false {
  if (!proxy) return false;
  const { protocol = 'http', host, port, auth } = proxy;
  return { protocol, host, port, ...(auth ? { auth } : {}) };
}
