/** Where traces go: an OTLP collector. */
export interface TracingSettings {
  /** The endpoint with `v1/traces` below it (OpenTelemetry, "OTLP Exporter Configuration"). */
  readonly tracesUrl: string;
  /** Sent with every batch; may hold a secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly serviceName: string;
  /** How long spans are gathered before they are sent. */
  readonly delayMs: number;
}

interface TracingVariables {
  OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  OTEL_EXPORTER_OTLP_HEADERS?: string | undefined;
  OTEL_SERVICE_NAME: string;
  OTEL_BSP_SCHEDULE_DELAY: number;
}

/** `name=value,name=value`, values percent-encoded (OpenTelemetry, "Specifying headers via environment variables"). */
function parseHeaders(text: string, problems: string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const part of text.split(',')) {
    const [, name = '', encoded = ''] = /^\s*([!#$%&'*+.^_`|~\w-]+)\s*=(.*)$/.exec(part) ?? [];
    const value = decoded(encoded.trim());
    if (name !== '' && value !== undefined) headers[name] = value;
    else problems.push('OTEL_EXPORTER_OTLP_HEADERS must be name=value, more than one separated by commas');
  }
  return headers;
}

function decoded(text: string): string | undefined {
  try {
    const value = decodeURIComponent(text);
    return /^[\t\x20-\x7e\x80-\xff]+$/.test(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** @returns `undefined` where no collector is set: nothing is traced then. */
export function readTracing(set: TracingVariables, problems: string[]): TracingSettings | undefined {
  const { OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_EXPORTER_OTLP_HEADERS: headers } = set;
  if (endpoint === undefined) {
    if (headers !== undefined)
      problems.push('OTEL_EXPORTER_OTLP_HEADERS means nothing without OTEL_EXPORTER_OTLP_ENDPOINT');
    return undefined;
  }
  return {
    tracesUrl: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    headers: headers === undefined ? {} : parseHeaders(headers, problems),
    serviceName: set.OTEL_SERVICE_NAME,
    delayMs: set.OTEL_BSP_SCHEDULE_DELAY,
  };
}
