import {
  AxiosHeaders,
  type AxiosRequestConfig,
  type AxiosResponse,
  getAdapter,
  type InternalAxiosRequestConfig,
} from 'axios';

// The adapter itself, without axios' merging of defaults, interceptors and transforms: we use none of them, and they
// cost as much processor time as the rest of the exchange.
const adapter = getAdapter('http');

/** Sends one request through axios, with these headers and none of its own; resolves when the head of its answer is there. */
export function exchangeByAxios(
  config: AxiosRequestConfig,
  headers: Record<string, string>,
): Promise<AxiosResponse> {
  return adapter({ ...config, headers: new OutgoingHeaders(headers) } as InternalAxiosRequestConfig);
}

/** Our headers are ours: they need none of the checks for doubles and spellings that axios makes on each of them. */
class OutgoingHeaders extends AxiosHeaders {
  constructor(headers: Record<string, string>) {
    super();
    Object.assign(this, headers);
  }

  override normalize(): this {
    return this;
  }
}
