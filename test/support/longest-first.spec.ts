import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LONG_FILES, byLength } from './longest-first.js';

describe('the order of test files', () => {
  it('names files that are there', () => {
    expect(LONG_FILES.filter((path) => !existsSync(path))).toEqual([]);
  });

  it('keeps projects together, and begins with the longest file of each', () => {
    const order = [
      { project: 'unit', path: 'src/short.spec.ts' },
      { project: 'e2e', path: 'test/e2e/canary.spec.ts' },
      { project: 'unit', path: 'src/storage/embedded-postgres.spec.ts' },
      { project: 'e2e', path: 'test/e2e/short.spec.ts' },
      { project: 'e2e', path: 'test/e2e/cli-bench.spec.ts' },
      { project: 'e2e-alone', path: 'test/soak/soak.spec.ts' },
    ].toSorted(byLength);
    expect(order.map(({ path }) => path)).toEqual([
      'test/soak/soak.spec.ts',
      'test/e2e/cli-bench.spec.ts',
      'test/e2e/canary.spec.ts',
      'test/e2e/short.spec.ts',
      'src/storage/embedded-postgres.spec.ts',
      'src/short.spec.ts',
    ]);
  });
});
