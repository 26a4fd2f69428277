import type { OtlpTracingOptions } from './otlp-tracing.js';
import { noTracing, type Tracing } from './tracing.js';

export { noTracing, type SpanFacts, type SpanOptions, type Tracing } from './tracing.js';

/** @param options without `settings` nothing is traced, and nothing of OpenTelemetry's SDK is loaded */
export async function openTracing({
  settings,
  ...others
}: Omit<OtlpTracingOptions, 'settings'> & {
  readonly settings: OtlpTracingOptions['settings'] | undefined;
}): Promise<Tracing> {
  if (settings === undefined) return noTracing;
  const { OtlpTracing } = await import('./otlp-tracing.js');
  return new OtlpTracing({ settings, ...others });
}
