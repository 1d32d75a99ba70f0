import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const DIRECTORY = fileURLToPath(new URL('../results', import.meta.url));

/** Writes a dated file of results and answers its path. A second run of a day stands beside the first. */
export function writeResults(benchmark: string, text: string): string {
  mkdirSync(DIRECTORY, { recursive: true });
  const day = new Date().toISOString().slice(0, 10);
  for (let run = 1; ; run += 1) {
    const path = join(DIRECTORY, `${day}-${benchmark}${run === 1 ? '' : `-${run}`}.md`);
    if (existsSync(path)) continue;
    writeFileSync(path, text);
    return path;
  }
}
