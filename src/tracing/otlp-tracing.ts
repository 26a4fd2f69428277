import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Request, RequestHandler } from 'express';
import type { TracingSettings } from '../config/index.js';
import type { Exchange } from '../digime/index.js';
import type { Logger } from '../web/index.js';
import type { SpanFacts, SpanOptions, Tracing } from './tracing.js';

/** How long a collector may take for one batch, and how long the process waits for the last one before it ends. */
const exportTimeoutMs = 10_000;
const closeTimeoutMs = 5000;

/** What `OtlpTracing` is made from. */
export interface OtlpTracingOptions {
  readonly settings: TracingSettings;
  readonly version: string;
  /** Whether a request's own `traceparent` is continued: where a proxy of ours stands before the app, not the world. */
  readonly continuesRequests: boolean;
  readonly log: Logger;
}

const kinds = {
  internal: SpanKind.INTERNAL,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
};

/** `traceparent` of version 00: trace id, parent id, flags (W3C Trace Context §3.2.2). */
const traceParentPattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

function parseTraceParent(text: string | null | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = traceParentPattern.exec(text ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags ?? '0', 16) & 1, isRemote: true };
}

const writeTraceParent = ({ traceId, spanId, traceFlags }: SpanContext) =>
  `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;

/** The batch processor drops what could not be sent and tells nobody; of several failures in a row the first is said. */
function saying(exporter: OTLPTraceExporter, log: Logger): SpanExporter {
  let isAway = false;
  return {
    export: (spans, done) =>
      exporter.export(spans, (result) => {
        if (result.error && !isAway)
          log.warn(
            { err: result.error },
            'traces can not be sent: they are dropped until the collector answers',
          );
        if (!result.error && isAway) log.info('traces are sent again');
        isAway = result.error !== undefined;
        done(result);
      }),
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

/** Codes say what went wrong; messages may hold more than may leave the house. */
const codeOf = (error: unknown) => {
  const { code, error: details } = (error ?? {}) as { code?: unknown; error?: { code?: unknown } };
  return String(details?.code ?? code ?? (error instanceof Error ? error.name : 'unknown'));
};

/** Traces with the OpenTelemetry SDK, sent to a collector as OTLP over HTTP. Loaded only where a collector is set. */
export class OtlpTracing implements Tracing {
  readonly #provider: TracerProvider;
  readonly #running = new AsyncLocalStorage<Span>();
  readonly #continuesRequests: boolean;

  constructor({ settings, version, continuesRequests, log }: OtlpTracingOptions) {
    const exporter = new OTLPTraceExporter({
      url: settings.tracesUrl,
      headers: { ...settings.headers },
      timeoutMillis: exportTimeoutMs,
    });
    this.#continuesRequests = continuesRequests;
    this.#provider = new TracerProvider({
      resource: defaultResource().merge(
        resourceFromAttributes({ 'service.name': settings.serviceName, 'service.version': version }),
      ),
      spanProcessors: [
        new BatchSpanProcessor({
          exporter: saying(exporter, log),
          scheduledDelayMillis: settings.delayMs,
          exportTimeoutMillis: exportTimeoutMs,
        }),
      ],
    });
  }

  readonly observe: RequestHandler = (req, res, next) => {
    const parent = this.#continuesRequests ? parseTraceParent(req.get('traceparent')) : undefined;
    const span = this.#start(req.method, SpanKind.SERVER, { 'http.request.method': req.method }, parent);
    res.once('close', () => {
      const route = routeOf(req);
      span.updateName(`${req.method} ${route}`);
      span.setAttributes({
        'http.route': route,
        'http.response.status_code': res.statusCode,
        'request.id': String(req.id ?? ''),
        ...(!res.writableFinished && { 'error.type': 'aborted' }),
        ...(res.locals.errorCode !== undefined && { 'error.type': res.locals.errorCode }),
      });
      if (res.statusCode >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    });
    this.#running.run(span, next);
  };

  span<T>(options: SpanOptions, work: (add: (facts: SpanFacts) => void) => Promise<T>): Promise<T> {
    const { name, kind = 'internal', facts = {}, parent } = options;
    const from = parent === undefined ? this.#running.getStore()?.spanContext() : parseTraceParent(parent);
    const span = this.#start(name, kinds[kind], facts, from);
    return this.#running.run(span, async () => {
      try {
        return await work((more) => span.setAttributes(more));
      } catch (error) {
        span.setAttributes({ 'error.type': codeOf(error) });
        span.setStatus({ code: SpanStatusCode.ERROR });
        throw error;
      } finally {
        span.end();
      }
    });
  }

  current(): string | undefined {
    const span = this.#running.getStore();
    return span && writeTraceParent(span.spanContext());
  }

  exchange({ call, attempt, durationMs, request, response, error }: Exchange): void {
    const endedAt = Date.now();
    const facts: Attributes = {
      'http.request.method': request.method,
      'server.address': new URL(request.url).hostname,
      'http.request.body.size': request.bodyBytes,
      'digime.call': call,
      'digime.attempt': attempt,
      ...(response && { 'http.response.status_code': response.status }),
      ...(error && { 'error.type': error.code }),
    };
    const parent = this.#running.getStore()?.spanContext();
    const span = this.#start(`digi.me ${call}`, SpanKind.CLIENT, facts, parent, endedAt - durationMs);
    if (error !== undefined) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end(endedAt);
  }

  /** Waits for a collector that does not answer no longer than a moment: the process is about to end. */
  async close(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, closeTimeoutMs);
    });
    // What could not be sent was logged already.
    await Promise.race([this.#provider.shutdown().catch(() => {}), late]);
    clearTimeout(timer);
  }

  #start(
    name: string,
    kind: SpanKind,
    attributes: Attributes,
    parent?: SpanContext,
    startTime?: number,
  ): Span {
    const context = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent);
    const options = { kind, attributes, ...(startTime !== undefined && { startTime }) };
    return this.#provider.getTracer('push').startSpan(name, options, context);
  }
}

/** The pattern and never the path, which may hold names of files. */
const routeOf = (req: Request) => String(req.route?.path ?? 'none');
