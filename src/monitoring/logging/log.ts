import { trace } from '@opentelemetry/api';
import { type Level, type Logger, pino } from 'pino';
import type { Config } from '../../config/config.js';
import { requestContext } from '../../telemetry/request-context.js';
import { redact, safeMessage } from './redaction.js';
import { RepeatLimiter } from './repeat-limiter.js';
import { spanIds } from './span-ids.js';

export type LogFields = Readonly<Record<string, unknown>>;

/** Where lines go. */
export interface LogWriter {
  write(line: string): void;
}

const LIMITED_LEVELS: ReadonlySet<Level> = new Set<Level>(['warn', 'error']);
const LONGEST_KEY = 200;

/**
 * The log of the program: JSON lines with the ids of trace and connection, credentials and payloads left out, and repeated
 * warnings and errors counted rather than written.
 */
export class Log {
  private readonly pino: Logger;
  private readonly repeats: RepeatLimiter;

  constructor(config: Config, writer: LogWriter, repeats: RepeatLimiter = new RepeatLimiter()) {
    this.repeats = repeats;
    this.pino = pino(
      {
        level: config.server.logLevel,
        base: config.server.nodeId === undefined ? {} : { node: config.server.nodeId },
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
        // Errors have been made plain already, without credentials.
        serializers: { err: (error: unknown) => error },
        mixin: currentIds,
      },
      writer,
    );
  }

  /** Least level that is written. */
  set level(level: Config['server']['logLevel']) {
    this.pino.level = level;
  }

  /** Whether `debug` is written: what happens for each message asks this before it describes itself. */
  get writesDebug(): boolean {
    return this.pino.isLevelEnabled('debug');
  }

  debug(fields: LogFields, message: string): void {
    this.write('debug', fields, message);
  }

  info(fields: LogFields, message: string): void {
    this.write('info', fields, message);
  }

  warn(fields: LogFields, message: string): void {
    this.write('warn', fields, message);
  }

  error(fields: LogFields, message: string): void {
    this.write('error', fields, message);
  }

  /** A line of any level; for what adapts other loggers to this one. */
  write(level: Level, fields: LogFields, message: string): void {
    if (!this.pino.isLevelEnabled(level)) return;
    const text = safeMessage(message);
    const repeated = LIMITED_LEVELS.has(level) ? this.repeats.admit(keyOf(level, fields, text)) : 0;
    if (repeated === undefined) return;
    const safe = redact(fields) as LogFields;
    this.pino[level](repeated === 0 ? safe : { ...safe, repeated }, text);
  }
}

/** Names of the OpenTelemetry log conventions, so that logs and traces find one another. */
function currentIds(): object {
  const request = requestContext.getStore();
  const span = spanIds(trace.getActiveSpan()?.spanContext());
  const ids = span ?? (request?.traceId === undefined ? {} : { trace_id: request.traceId });
  return request?.connectionId === undefined ? ids : { ...ids, connection_id: request.connectionId };
}

/** Lines are equal where level, context, text and the error's own text are. */
function keyOf(level: Level, fields: LogFields, text: string): string {
  const { context, err } = fields;
  const error = err instanceof Error ? `${err.name}: ${err.message}` : '';
  return `${level}|${typeof context === 'string' ? context : ''}|${text}|${error}`.slice(0, LONGEST_KEY);
}
