import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.js';
import { TOOL_NAMES, isInstalled } from './test/support/tools.js';

/** Suites whose tool is missing are left out, except where everything must run. */
const missing = process.env['CI'] === 'true' ? [] : TOOL_NAMES.filter((tool) => !isInstalled(tool));
const exclude = ['**/node_modules/**', '**/dist/**', ...missing.map((tool) => `**/*.${tool}.spec.ts`)];

/** Suites that watch the memory of their process or change its modules, and those that run the built program and load nothing of it. */
const ALONE = [
  'test/e2e/built-program.spec.ts',
  'test/e2e/compression.spec.ts',
  'test/e2e/database-outage.spec.ts',
  'test/e2e/hostile-clients.spec.ts',
  'test/e2e/lifecycle.spec.ts',
  'test/security/devices.spec.ts',
  'test/security/protocol.spec.ts',
  'test/docs/tour.spec.ts',
  'test/faults/*.spec.ts',
  'test/soak/soak.spec.ts',
];

/** They start whole programs and gateways. */
const PATIENT = { testTimeout: 60_000, hookTimeout: 60_000 } as const;

export default defineConfig({
  test: {
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    // One more than a small machine has cores: whole programs and real databases are waited for about half of the time.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          // One module graph for each worker: loading it anew for every file costs more than the tests themselves.
          isolate: false,
          include: [
            'src/**/*.spec.ts',
            'client/src/**/*.spec.ts',
            'console/src/**/*.spec.ts',
            'test/conformance/**/*.spec.ts',
            'test/fuzz/**/*.spec.ts',
            'test/client/**/*.spec.ts',
            'test/faults/checker/**/*.spec.ts',
            'test/faults/rig/**/*.spec.ts',
            'test/soak/slope.spec.ts',
            'test/deploy/**/*.spec.ts',
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
          // As for the unit tests: what a gateway is made of takes seconds to load, and most files are done in less.
          isolate: false,
          include: [
            'test/e2e/**/*.spec.ts',
            'test/cluster/**/*.spec.ts',
            'test/security/**/*.spec.ts',
            'test/autobahn/**/*.spec.ts',
            'test/console/**/*.spec.ts',
            'test/docs/**/*.spec.ts',
            'test/support/**/*.spec.ts',
            'test/monitoring/**/*.spec.ts',
            'test/faults/load/**/*.spec.ts',
          ],
          exclude: [...exclude, ...ALONE],
          ...PATIENT,
        },
      },
      {
        extends: true,
        test: { name: 'e2e-alone', include: ALONE, exclude, ...PATIENT },
      },
    ],
  },
});
