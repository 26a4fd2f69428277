import type { Request } from 'express';
import { AppError } from '../../errors.js';

/** The header of one part; names are as the form gave them, unescaped. */
export interface PartHeader {
  readonly name: string;
  /** `undefined` for a plain field. */
  readonly fileName: string | undefined;
  /** The part's `Content-Type` without parameters, lower case; `text/plain` where there is none. */
  readonly type: string;
}

/** Where the bytes of one part go. Nothing more is read before what it returns has been fulfilled. */
export interface PartSink {
  write(chunk: Buffer): Promise<void> | undefined;
  end(): Promise<void> | undefined;
}

const empty = Buffer.alloc(0);
const maxHeaderBytes = 8 * 1024;
/** RFC 2046 §5.1.1 allows blanks behind a boundary. */
const maxPaddingBytes = 64;
/** RFC 2046 §5.1.1: 1 to 70 of these characters, and no blank at the end. */
const boundaryPattern = /^[0-9A-Za-z'()+_,\-./:=? ]{0,69}[0-9A-Za-z'()+_,\-./:=?]$/;
const parameterPattern = /;\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*("(?:[^"\\]|\\[\s\S])*"|[^\s;"]*)\s*/gy;

const malformed = (what: string, cause?: unknown) =>
  new AppError('MalformedMultipart', {
    details: [{ path: 'body', message: what }],
    ...(cause !== undefined && { cause }),
  });

/** Parameters behind the first semicolon of a header's value (RFC 9110 §5.6.6); `undefined` when they are not well formed. */
function parametersOf(value: string): Map<string, string> | undefined {
  const start = value.indexOf(';');
  const found = new Map<string, string>();
  if (start < 0) return found;
  let end = start;
  for (const match of value.slice(start).matchAll(parameterPattern)) {
    const name = (match[1] ?? '').toLowerCase();
    const text = match[2] ?? '';
    if (found.has(name)) return undefined;
    // Only these two are escapes: old browsers send a path with bare backslashes.
    found.set(name, text.startsWith('"') ? text.slice(1, -1).replace(/\\(["\\])/g, '$1') : text);
    end = start + match.index + match[0].length;
  }
  return /^[\s;]*$/.test(value.slice(end)) ? found : undefined;
}

/** @throws AppError NotMultipart, MalformedMultipart */
function boundaryOf(req: Request): string {
  const type = req.get('content-type') ?? '';
  if (!/^multipart\/form-data\s*(;|$)/i.test(type) || !isPlain(req)) throw new AppError('NotMultipart');
  const boundary = parametersOf(type)?.get('boundary') ?? '';
  if (!boundaryPattern.test(boundary)) throw malformed('fields:boundary');
  return boundary;
}

/** Forms are never compressed; a body that was would have to be inflated before it can be counted. */
const isPlain = (req: Request) => ['', 'identity'].includes(req.get('content-encoding') ?? '');

/** WHATWG HTML, "multipart/form-data": browsers send these three in a name as percent escapes, and nothing else. */
const unescapeName = (name: string) =>
  name.replace(/%0A|%0D|%22/gi, (found) => String.fromCharCode(Number.parseInt(found.slice(1), 16)));

function readHeader(bytes: Buffer): PartHeader {
  const headers = new Map<string, string>();
  for (const line of bytes.toString('utf8').split('\r\n')) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to refuse
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\u0000-\u0008\u000a-\u001f\u007f]*)$/.exec(line);
    const name = match?.[1]?.toLowerCase();
    if (name === undefined || headers.has(name)) throw malformed('fields:partHeader');
    headers.set(name, match?.[2] ?? '');
  }
  const disposition = headers.get('content-disposition') ?? '';
  const parameters = parametersOf(disposition);
  const name = parameters?.get('name');
  if (!/^form-data\s*;/i.test(disposition) || parameters === undefined || name === undefined)
    throw malformed('fields:partHeader');
  const fileName = extendedValue(parameters.get('filename*')) ?? parameters.get('filename');
  return {
    name: unescapeName(name),
    fileName: fileName === undefined ? undefined : unescapeName(fileName),
    type: (headers.get('content-type') ?? 'text/plain').split(';')[0]?.trim().toLowerCase() ?? '',
  };
}

/** RFC 8187: `UTF-8''na%C3%AFve.txt`. Browsers don't send it in forms, some libraries do. */
function extendedValue(value: string | undefined): string | undefined {
  const encoded = /^utf-8'[^']*'(.*)$/i.exec(value ?? '')?.[1];
  try {
    return encoded === undefined ? undefined : decodeURIComponent(encoded);
  } catch {
    return undefined;
  }
}

type State = 'delimiter' | 'afterDelimiter' | 'header' | 'body' | 'epilogue';

/** Cuts a body into its parts as it comes; whatever follows the closing boundary is ignored (RFC 2046 §5.1.1). */
class PartCutter {
  readonly #delimiter: Buffer;
  readonly #open: (header: PartHeader) => PartSink;
  #state: State = 'delimiter';
  /** The first boundary has no line break before it; with one put there it is like all others. */
  #rest: Buffer = Buffer.from('\r\n');
  #sink: PartSink | undefined;

  constructor(boundary: string, open: (header: PartHeader) => PartSink) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
    this.#open = open;
  }

  /** Where it gives a promise the next chunk has to wait for it: most of a large file is taken without. */
  add(chunk: Buffer): Promise<void> | undefined {
    return this.#cut(this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]));
  }

  #cut(all: Buffer): Promise<void> | undefined {
    let bytes = all;
    for (let before = -1; before !== bytes.length && this.#state !== 'epilogue'; ) {
      before = bytes.length;
      const [left, taken] = this.#step(bytes);
      if (taken !== undefined) return taken.then(() => this.#cut(left));
      bytes = left;
    }
    this.#rest = this.#state === 'epilogue' ? empty : bytes;
    return undefined;
  }

  end(): void {
    if (this.#state !== 'epilogue') throw malformed('fields:noEnd');
  }

  /** @returns what is left to be looked at, as much as before when more has to come first; and what to wait for first */
  #step(bytes: Buffer): [left: Buffer, taken?: Promise<void> | undefined] {
    if (this.#state === 'afterDelimiter') return [this.#readDelimiterEnd(bytes)];
    if (this.#state === 'header') return [this.#readHeader(bytes)];
    return this.#readBody(bytes);
  }

  #readDelimiterEnd(bytes: Buffer): Buffer {
    if (bytes.length < 2) return bytes;
    if (bytes[0] === 0x2d && bytes[1] === 0x2d) {
      this.#state = 'epilogue';
      return bytes;
    }
    const line = bytes.subarray(0, maxPaddingBytes + 2).toString('latin1');
    const end = line.indexOf('\r\n');
    // RFC 2046 §5.1.1: no line of a part may begin like a boundary.
    if (end < 0 ? !/^[ \t]{0,64}\r?$/.test(line) : !/^[ \t]*$/.test(line.slice(0, end)))
      throw malformed('fields:boundaryLine');
    if (end < 0) return bytes;
    this.#state = 'header';
    return bytes.subarray(end + 2);
  }

  #readHeader(bytes: Buffer): Buffer {
    const end = bytes.indexOf('\r\n\r\n');
    if (end > maxHeaderBytes || (end < 0 && bytes.length > maxHeaderBytes))
      throw malformed('fields:partHeader');
    if (end < 0) return bytes;
    this.#sink = this.#open(readHeader(bytes.subarray(0, end)));
    this.#state = 'body';
    return bytes.subarray(end + 4);
  }

  #readBody(bytes: Buffer): [left: Buffer, taken?: Promise<void> | undefined] {
    const found = bytes.indexOf(this.#delimiter);
    const end = found < 0 ? bytes.length - this.#beginOfDelimiter(bytes) : found;
    const sink = this.#sink;
    const taken = end === 0 ? undefined : sink?.write(bytes.subarray(0, end));
    if (found < 0) return [bytes.subarray(end), taken];
    this.#sink = undefined;
    this.#state = 'afterDelimiter';
    const ended = taken === undefined ? sink?.end() : taken.then(() => sink?.end());
    return [bytes.subarray(found + this.#delimiter.length), ended];
  }

  /** How many bytes at the end may be the beginning of a boundary. */
  #beginOfDelimiter(bytes: Buffer): number {
    let at = bytes.indexOf('\r', Math.max(0, bytes.length - this.#delimiter.length + 1));
    for (; at >= 0; at = bytes.indexOf('\r', at + 1)) {
      const length = bytes.length - at;
      if (bytes.subarray(at).equals(this.#delimiter.subarray(0, length))) return length;
    }
    return 0;
  }
}

/**
 * Reads a `multipart/form-data` body (RFC 7578) to its end, part by part, as fast as `open`'s sinks take it. A body that
 * is refused half-way is left where it is: `lingeringClose` takes care of the rest.
 * @param maxBytes of the whole body
 * @throws AppError NotMultipart, MalformedMultipart, FileTooLarge, UploadAborted; what `open` and its sinks throw
 */
export async function readMultipart(
  req: Request,
  maxBytes: number,
  open: (header: PartHeader) => PartSink,
): Promise<void> {
  const cutter = new PartCutter(boundaryOf(req), open);
  let bytes = 0;
  await eachChunk(req, (chunk) => {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new AppError('FileTooLarge', { values: { maxBytes } });
    return cutter.add(chunk);
  });
  cutter.end();
}

/**
 * Gives the body to `take`, chunk by chunk, to its end. Not by the stream's iterator: the promises that it makes for each
 * chunk cost as much as looking at it.
 * @throws AppError UploadAborted; what `take` throws, and then no more is read
 */
function eachChunk(req: Request, take: (chunk: Buffer) => Promise<void> | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (cause?: unknown) => fail(new AppError('UploadAborted', { cause }));
    // Gone while the session and the quota were looked up: nothing would ever tell of its end any more.
    if (req.destroyed) return reject(new AppError('UploadAborted'));
    let isOver = false;
    let taking: Promise<void> | undefined;
    const stop = () => {
      isOver = true;
      req.pause();
      req.off('data', onData);
      req.off('end', onEnd);
      req.off('close', onClose);
    };
    const fail = (error: unknown) => {
      if (isOver) return;
      stop();
      // What is being taken is let come to its end: whoever is told of the failure removes what was taken.
      if (taking === undefined) reject(error);
      else taking.then(() => reject(error), reject);
    };
    const onData = (chunk: Buffer) => {
      try {
        taking = take(chunk);
      } catch (error) {
        return fail(error);
      }
      if (taking === undefined) return;
      req.pause();
      taking.then(
        () => {
          taking = undefined;
          if (!isOver) req.resume();
        },
        (error) => {
          taking = undefined;
          fail(error);
        },
      );
    };
    const onEnd = () => {
      req.off('close', onClose);
      // A stream whose last chunk was in its buffer already tells of the end although it is paused.
      if (taking !== undefined) return void taking.then(onEnd, () => {});
      if (isOver) return;
      if (!req.complete) return abort();
      stop();
      resolve();
    };
    const onClose = () => abort();
    // Stays: without a listener an error that comes after the refusal would end the process.
    req.on('error', abort);
    req.on('data', onData);
    req.on('end', onEnd);
    req.on('close', onClose);
  });
}
