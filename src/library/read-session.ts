import type { Readable } from 'node:stream';
import type { Connection, ConnectionCall, ConnectionCalls } from '../connections/index.js';
import { type DigiMe, type FileFacts, type ReadFileListResponse, ServerError } from '../digime/index.js';

/** A session ends this much earlier for us, so that it does not end in the middle of a call. */
const marginMs = 30_000;

/** What reading takes. */
export interface ReadingOptions {
  readonly sdk: DigiMe;
  readonly calls: ConnectionCalls;
  /** Unix milliseconds. */
  readonly now: () => number;
}

/** The contract of a reading call is spread over its arguments. */
type ReadingCall = ConnectionCall & ConnectionCall['contractDetails'] & { readonly sessionKey: string };

interface OpenSession {
  readonly key: string;
  readonly startedAt: number;
  readonly expiresAt: number;
}

/**
 * The reading session of one connection: opened when it is first needed, and anew when it has expired or digi.me no
 * longer knows it. Its key stays in here. All calls reject with what the client rejects with, or with AppError
 * ReadContractMissing or ConnectionNotFound.
 */
export class ReadSession {
  private session: OpenSession | undefined;
  private opening: Promise<OpenSession> | undefined;

  constructor(
    private readonly options: ReadingOptions,
    private readonly connection: Connection,
  ) {}

  /** Unix milliseconds; `undefined` while none is open. */
  get startedAt(): number | undefined {
    return this.session?.startedAt;
  }

  /** The next call opens a new one. */
  end(): void {
    this.session = undefined;
  }

  list(): Promise<ReadFileListResponse> {
    return this.call((common) => this.options.sdk.readFileList(common));
  }

  /** @returns with `sentBytes`, the size of the encrypted body, where digi.me announced it */
  async metadata(fileName: string): Promise<FileFacts & { sentBytes?: number }> {
    let length: string | undefined;
    const facts = await this.call((common) =>
      this.options.sdk.readFileMetadata({
        ...common,
        fileName,
        onExchange: (exchange) => {
          length = exchange.response?.headers['content-length'];
          common.onExchange(exchange);
        },
      }),
    );
    const sentBytes = Number(length);
    return { ...facts, ...(Number.isSafeInteger(sentBytes) && sentBytes > 0 && { sentBytes }) };
  }

  /** A file's content as a stream; only when it ends is it whole. */
  open(fileName: string, signal?: AbortSignal): Promise<FileFacts & { stream: Readable }> {
    return this.call((common) =>
      this.options.sdk.openFile({ ...common, fileName, ...(signal && { signal }) }),
    );
  }

  private async call<T>(use: (common: ReadingCall) => Promise<T>): Promise<T> {
    const before = this.session;
    const session = await this.current();
    try {
      return await this.callIn(session, use);
    } catch (error) {
      const isGone = error instanceof ServerError && [404, 410].includes(error.error.statusCode);
      if (!isGone || session !== before) throw error;
      if (this.session === session) this.session = undefined;
      return this.callIn(await this.current(), use);
    }
  }

  private callIn<T>({ key }: OpenSession, use: (common: ReadingCall) => Promise<T>): Promise<T> {
    return this.options.calls.act(this.connection, (call) =>
      use({ ...call, ...call.contractDetails, sessionKey: key }),
    );
  }

  private current(): Promise<OpenSession> {
    if (this.session !== undefined && this.session.expiresAt > this.options.now())
      return Promise.resolve(this.session);
    this.opening ??= this.openAnother().finally(() => {
      this.opening = undefined;
    });
    return this.opening;
  }

  private async openAnother(): Promise<OpenSession> {
    const startedAt = this.options.now();
    const { session } = await this.options.calls.act(this.connection, (call) =>
      this.options.sdk.readSession(call),
    );
    // Assumed: milliseconds; a value this small can only be seconds.
    const expiryMs = session.expiry < 1e11 ? session.expiry * 1000 : session.expiry;
    this.session = { key: session.key, startedAt, expiresAt: expiryMs - marginMs };
    return this.session;
  }
}
