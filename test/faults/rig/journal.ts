import { writeLog } from '../checker/json-lines.js';
import type { LogRecord } from '../checker/record.js';

/** Everything the clients of one run saw, in the order they saw it, on one clock. */
export class Journal {
  readonly records: LogRecord[] = [];
  /** Acknowledgements so far. */
  acked = 0;

  now(): number {
    return Math.round(performance.now() * 1_000) / 1_000;
  }

  add(record: LogRecord): void {
    this.records.push(record);
    if (record.kind === 'result' && record.outcome.kind === 'acked') this.acked += 1;
  }

  write(path: string): void {
    writeLog(path, this.records);
  }
}
