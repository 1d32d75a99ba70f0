/**
 * Preload of the program: `node --import ./dist/telemetry.js dist/main.js`. Starts tracing and instruments the database driver
 * before anything else has loaded it; the application takes the tracing over. Without the preload everything works, except that
 * database calls have no spans of their own.
 */
import { createRequire } from 'node:module';
import { trace } from '@opentelemetry/api';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { Config, ConfigError } from './config/config.js';
import { handOnNodeId } from './config/node-id.js';
import { keepPreloaded } from './monitoring/tracing/preloaded-tracing.js';
import { Tracing } from './monitoring/tracing/tracing.js';

const config = readConfig();
if (config !== undefined) {
  const tracing = new Tracing(config);
  trace.setGlobalTracerProvider(tracing.provider);
  const postgres = new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true });
  postgres.setTracerProvider(tracing.provider);
  // The driver is CommonJS, and the instrumentation sees what is required: from now on every import finds the driver it has
  // changed. A hook for ES modules would see it too, but it costs the start a second thread and a round trip for every module.
  createRequire(import.meta.url)('pg');
  keepPreloaded(tracing);
  handOnNodeId(config);
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
