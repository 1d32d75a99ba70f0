/**
 * Preload of the program: `node --import ./dist/telemetry.js dist/main.js`. Registers the hook that lets instrumentations see ES
 * modules before any such module is loaded, then starts tracing; the application takes it over. Without the preload everything
 * works, except that database calls have no spans of their own.
 */
import { register } from 'node:module';
import { trace } from '@opentelemetry/api';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { Config, ConfigError } from './config/config.js';
import { keepPreloaded } from './monitoring/tracing/preloaded-tracing.js';
import { Tracing } from './monitoring/tracing/tracing.js';

// Only these modules are wrapped: others must not pay for it, nor break by it.
register('@opentelemetry/instrumentation/hook.mjs', import.meta.url, { data: { include: ['pg', 'pg-pool'] } });

const config = readConfig();
if (config !== undefined) {
  const tracing = new Tracing(config);
  trace.setGlobalTracerProvider(tracing.provider);
  const postgres = new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true });
  postgres.setTracerProvider(tracing.provider);
  keepPreloaded(tracing);
}

/** Mistakes in the settings are the program's to report, with all their sentences. */
function readConfig(): Config | undefined {
  try {
    return Config.load();
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
