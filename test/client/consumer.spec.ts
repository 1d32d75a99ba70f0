import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { copyFile, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const TSC = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const CONSUMER = fileURLToPath(new URL('consumer/', import.meta.url));
const NODE_MODULES = fileURLToPath(new URL('../../node_modules', import.meta.url));
const APPLICATION = readFileSync(join(CONSUMER, 'application.ts'), 'utf8');
const EXPECTED_ERROR = /^\/\/ @ts-expect-error: .*\n/gm;

interface Check {
  readonly passed: boolean;
  readonly output: string;
}

function typeCheck(project: string): Promise<Check> {
  return new Promise((resolve) => {
    execFile(process.execPath, [TSC, '-p', project, '--pretty', 'false'], (failure, stdout) =>
      resolve({ passed: failure === null, output: stdout }),
    );
  });
}

/** Each is a run of the compiler. */
describe('the types that a consumer sees', { timeout: 120_000 }, () => {
  it.each([
    ['a bundler, in a browser', 'bundler'],
    ["Node's own resolution, in a browser", 'nodenext'],
    ["Node's own resolution, in Node", 'node'],
  ])('check with %s', async (_, name) => {
    expect(await typeCheck(join(CONSUMER, `tsconfig.${name}.json`))).toEqual({ passed: true, output: '' });
  });

  it('would not check without the errors that are expected, one for one', async () => {
    const expected = APPLICATION.match(EXPECTED_ERROR) ?? [];
    expect(expected.length).toBeGreaterThan(10);
    const folder = await mkdtemp(join(tmpdir(), 'waybill-consumer-'));
    try {
      await symlink(NODE_MODULES, join(folder, 'node_modules'));
      await writeFile(join(folder, 'application.ts'), APPLICATION.replace(EXPECTED_ERROR, ''));
      await copyFile(join(CONSUMER, 'tsconfig.bundler.json'), join(folder, 'tsconfig.json'));
      const { passed, output } = await typeCheck(folder);
      expect(passed).toBe(false);
      expect(output.match(/error TS\d+/g)).toHaveLength(expected.length);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});
