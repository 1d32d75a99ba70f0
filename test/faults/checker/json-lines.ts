import { readFileSync, writeFileSync } from 'node:fs';
import type { LogRecord } from './record.js';

/** Reads a log: one record of JSON on each line, empty lines apart. Throws a sentence that names a line that is none. */
export function readLog(path: string): readonly LogRecord[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line, index) => {
      if (line.trim() === '') return [];
      try {
        return [JSON.parse(line) as LogRecord];
      } catch {
        throw new Error(`${path}:${index + 1} is not a line of JSON`);
      }
    });
}

export function writeLog(path: string, records: readonly LogRecord[]): void {
  writeFileSync(path, records.map((record) => `${JSON.stringify(record)}\n`).join(''));
}
