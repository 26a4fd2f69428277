/** One request as `GET /sandbox/requests` shows it. `status` stays null while unanswered and when the connection was dropped. */
export interface RecordedRequest {
  id: number;
  /** Milliseconds. */
  timestamp: number;
  route: string;
  method: string;
  path: string;
  status: number | null;
  durationMs: number | null;
  /** As received, but `authorization` holds the decoded header of its JWT. */
  headers: Record<string, unknown>;
  claims: Record<string, unknown> | null;
  /** The decoded `FileDescriptor` header, where one came. */
  fileDescriptor?: unknown;
  /** `sha256` is null until the body has arrived whole. */
  body: { size: number; sha256: string | null };
  error?: unknown;
  fault?: Record<string, unknown>;
}

const keptRequests = 1000;

/** The newest thousand requests to the API, oldest first. */
export class RequestLog {
  #requests: RecordedRequest[] = [];
  #lastId = 0;

  /** Keeps it under the next id. What is given back goes on being changed until its answer has left. */
  add(request: Omit<RecordedRequest, 'id'>): RecordedRequest {
    this.#lastId += 1;
    const recorded = { id: this.#lastId, ...request };
    this.#requests.push(recorded);
    if (this.#requests.length > keptRequests) this.#requests.shift();
    return recorded;
  }

  list(): RecordedRequest[] {
    return structuredClone(this.#requests);
  }

  clear(): void {
    this.#requests = [];
  }
}
