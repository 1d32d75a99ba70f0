import { Injectable, type LoggerService } from '@nestjs/common';
import type { Level } from 'pino';
import { Log, type LogFields } from './log.js';

const STACK = /\n\s+at /;
/** Contexts in which Nest tells how it wires the application: for developers, not for operators. */
const WIRING: ReadonlySet<string> = new Set(['InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'WebSocketsController']);

/** Nest's own logger, and that of every `new Logger(context)`, as lines of our log. */
@Injectable()
export class NestLogger implements LoggerService {
  constructor(private readonly target: Log) {}

  log(message: unknown, ...rest: readonly unknown[]): void {
    const context = rest.at(-1);
    this.write(typeof context === 'string' && WIRING.has(context) ? 'debug' : 'info', message, rest);
  }

  error(message: unknown, ...rest: readonly unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: readonly unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: readonly unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: readonly unknown[]): void {
    this.write('trace', message, rest);
  }

  fatal(message: unknown, ...rest: readonly unknown[]): void {
    this.write('fatal', message, rest);
  }

  /** Nest's convention: the last text is the context; a stack and further details may stand before it. */
  private write(level: Level, message: unknown, rest: readonly unknown[]): void {
    const last = rest.at(-1);
    const context = typeof last === 'string' && !STACK.test(last) ? last : undefined;
    const details = context === undefined ? rest : rest.slice(0, -1);
    const fields: LogFields = { ...(context === undefined ? {} : { context }), ...describe(details) };
    if (message instanceof Error) this.target.write(level, { ...fields, err: message }, message.message);
    else if (typeof message === 'object' && message !== null) this.target.write(level, { ...fields, ...message }, context ?? '');
    else this.target.write(level, fields, String(message));
  }
}

function describe(details: readonly unknown[]): LogFields {
  const error = details.find((detail) => detail instanceof Error);
  const stack = details.find((detail): detail is string => typeof detail === 'string' && STACK.test(detail));
  const others = details.filter((detail) => detail !== error && detail !== stack && detail !== undefined);
  const merged = Object.assign({}, ...others.filter((detail) => typeof detail === 'object')) as LogFields;
  const texts = others.filter((detail) => typeof detail !== 'object');
  return {
    ...merged,
    ...(error !== undefined ? { err: error } : stack !== undefined ? { err: errorWith(stack) } : {}),
    ...(texts.length === 0 ? {} : { details: texts }),
  };
}

/** Only the stack is known; its first line is the error's text. */
function errorWith(stack: string): Error {
  const error = new Error(stack.slice(0, stack.indexOf('\n')));
  error.stack = stack;
  return error;
}
