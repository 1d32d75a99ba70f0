import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { DOCUMENTS } from './documents.js';

/** `npm run docs` writes the generated documents; with `--check` they are only compared, and what is stale fails. */
const check = process.argv.includes('--check');
for (const { path, text } of DOCUMENTS) {
  const expected = await made(path, text);
  if (expected === undefined) continue;
  const current = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  if (current === expected) continue;
  if (check) {
    process.stderr.write(`${path} is not current${firstDifference(current ?? '', expected)}. Run "npm run docs".\n`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, expected);
    process.stdout.write(`${path} written.\n`);
  }
}

/** One document that cannot be made says why and does not hide what is wrong with the others. */
async function made(path: string, text: () => string | Promise<string>): Promise<string | undefined> {
  try {
    return await text();
  } catch (error) {
    process.stderr.write(`${path} cannot be made: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
    return undefined;
  }
}

function firstDifference(current: string, expected: string): string {
  const [is, should] = [current.split('\n'), expected.split('\n')];
  const line = should.findIndex((text, index) => text !== is[index]);
  return line === -1 ? `: it has ${is.length - should.length} lines too many` : ` (line ${line + 1} should be: ${should[line]})`;
}
