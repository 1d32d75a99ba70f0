import { defineConfig } from 'vitest/config';
import { TOOL_NAMES, isInstalled } from './test/support/tools.js';

/** Suites whose tool is missing are left out, except where everything must run. */
const missing = process.env['CI'] === 'true' ? [] : TOOL_NAMES.filter((tool) => !isInstalled(tool));
const exclude = ['**/node_modules/**', '**/dist/**', ...missing.map((tool) => `**/*.${tool}.spec.ts`)];

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: [
            'src/**/*.spec.ts',
            'client/src/**/*.spec.ts',
            'test/conformance/**/*.spec.ts',
            'test/fuzz/**/*.spec.ts',
            'test/client/**/*.spec.ts',
            'test/faults/checker/**/*.spec.ts',
            'test/faults/rig/**/*.spec.ts',
            'test/soak/slope.spec.ts',
            'scripts/**/*.spec.ts',
            'bench/**/*.spec.ts',
          ],
          exclude,
          testTimeout: 20_000,
          hookTimeout: 30_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'e2e',
          include: [
            'test/e2e/**/*.spec.ts',
            'test/security/**/*.spec.ts',
            'test/autobahn/**/*.spec.ts',
            'test/docs/**/*.spec.ts',
            'test/support/**/*.spec.ts',
            'test/faults/*.spec.ts',
            'test/soak/soak.spec.ts',
          ],
          exclude,
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
