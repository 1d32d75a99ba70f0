import { prettyFactory } from 'pino-pretty';
import sonicBoom from 'sonic-boom';
import type { Config } from '../../config/config.js';

const BUFFER_BYTES = 4_194_304;
const FLUSH_DEADLINE_MS = 1_000;
/** Lines are written together: a line a system call costs a storm of connections more than the line itself. */
const TOGETHER_BYTES = 4_096;
/** A line waits for others no longer than this, in milliseconds. */
const TOGETHER_MS = 100;

const STANDARD_OUTPUT = 1;

export interface LogSinkOptions {
  /** File descriptor; 1 is standard output. */
  readonly fd: number;
  readonly pretty: boolean;
  /** Called for each line that is lost because the receiver does not read. */
  readonly onDrop: () => void;
  /** Bytes that may wait. */
  readonly bufferBytes?: number;
}

/**
 * Writes lines without ever waiting for the receiver: what it does not read waits in a bounded buffer, and beyond that is dropped
 * and counted. The destination is not pino's own: that one flushes when the process exits and would wait for such a receiver for ever.
 */
export class LogSink {
  private readonly destination: InstanceType<typeof sonicBoom.SonicBoom>;
  private readonly format: ((line: string) => string) | undefined;
  private closed = false;

  constructor({ fd, pretty, onDrop, bufferBytes = BUFFER_BYTES }: LogSinkOptions) {
    const together = pretty ? {} : { minLength: TOGETHER_BYTES, periodicFlush: TOGETHER_MS };
    this.destination = new sonicBoom.SonicBoom({ fd, sync: false, maxLength: bufferBytes, ...together });
    this.destination.on('drop', onDrop);
    // A receiver that went away (EPIPE and the like) must not end the gateway.
    this.destination.on('error', onDrop);
    this.format = pretty
      ? prettyFactory({ colorize: true, translateTime: 'HH:MM:ss.l', ignore: 'pid,hostname', singleLine: true })
      : undefined;
  }

  write(line: string): void {
    if (this.closed) return;
    this.destination.write(this.format === undefined ? line : (this.format(line) ?? line));
  }

  /** Waits until everything is written or the deadline has passed, and stops. */
  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, FLUSH_DEADLINE_MS);
      this.destination.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.destination.end();
    });
    this.destination.destroy();
  }
}

/** @param onDrop called for each line that is lost because nobody reads it. */
export function standardOutput({ server }: Config, onDrop: () => void = () => undefined): LogSink {
  return new LogSink({ fd: STANDARD_OUTPUT, pretty: server.logPretty || process.stdout.isTTY, onDrop });
}
