import { relative } from 'node:path';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take ten seconds or more, longest first within each project. One that begins last keeps a single worker busy while the
 * others have nothing left to do; the runner knows times of earlier runs only, and a fresh checkout has none. The injected bugs, which
 * keep a whole processor busy, begin when the faults, which have deadlines, are half done.
 */
export const LONG_FILES: readonly string[] = [
  'test/faults/faults.spec.ts',
  'test/faults/node-faults.redis.spec.ts',
  'test/soak/soak.spec.ts',
  'test/docs/tour.spec.ts',
  'test/e2e/hostile-clients.spec.ts',
  'test/e2e/built-program.spec.ts',
  'test/e2e/lifecycle.spec.ts',
  'test/faults/injected-bugs.spec.ts',
  'test/e2e/database-outage.spec.ts',
  'test/security/devices.spec.ts',
  'test/e2e/cli-bench.spec.ts',
  'test/monitoring/real-alerts.alertmanager.spec.ts',
  'test/monitoring/real-panels.prometheus.spec.ts',
  'test/e2e/client-cuts.chromium.spec.ts',
  'test/e2e/cli-diagnose.spec.ts',
  'test/monitoring/rules.prometheus.spec.ts',
  'test/console/every-screen.chromium.spec.ts',
  'test/console/deeds.chromium.spec.ts',
  'test/console/load.chromium.spec.ts',
  'test/console/roles.chromium.spec.ts',
  'test/e2e/canary.spec.ts',
  'test/e2e/client-browser.chromium.spec.ts',
  'test/e2e/client-cuts.spec.ts',
  'test/security/admin.spec.ts',
  'test/e2e/cli-log.spec.ts',
  'test/docs/examples.spec.ts',
  'test/cluster/behind-haproxy.haproxy.spec.ts',
  'test/cluster/behind-nginx.nginx.spec.ts',
  'test/security/jwks.spec.ts',
  'test/e2e/client.spec.ts',
  'test/cluster/redis-faults.redis.spec.ts',
  'test/e2e/sql-publish.spec.ts',
  'test/security/tls.spec.ts',
  'test/e2e/tracing-collector.spec.ts',
  'test/cluster/members.redis.spec.ts',
  'test/security/flood.spec.ts',
  'test/security/pages.chromium.spec.ts',
  'src/storage/embedded-postgres.spec.ts',
  'client/src/reconnect-storm.spec.ts',
  'src/broker/redis-broker.redis.spec.ts',
  'test/conformance/postgres-message-log-faults.spec.ts',
];

/** Projects in this order: files with a process of their own first, because one between two others would end the process they share. */
const PROJECTS: readonly string[] = ['e2e-alone', 'e2e', 'unit'];

/** A test file, with its path below the root. */
export interface TestFile {
  readonly project: string;
  readonly path: string;
}

/** Which of two files begins first, as `sort` asks it. */
export function byLength(a: TestFile, b: TestFile): number {
  return PROJECTS.indexOf(a.project) - PROJECTS.indexOf(b.project) || rank(a) - rank(b);
}

function rank({ path }: TestFile): number {
  const index = LONG_FILES.indexOf(path);
  return index === -1 ? LONG_FILES.length : index;
}

/** The runner's own order, project by project and with long files first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const described = ({ project, moduleId }: TestSpecification): TestFile => ({
      project: project.name,
      path: relative(this.ctx.config.root, moduleId),
    });
    return (await super.sort(files)).toSorted((a, b) => byLength(described(a), described(b)));
  }
}
