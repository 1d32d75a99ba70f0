import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const BUILD = fileURLToPath(new URL('../../scripts/build.js', import.meta.url));

/** The built program is what is measured, so whatever of it this rig uses comes from the build as well; types from the source. */
interface Built {
  readonly 'broker/redis-broker': typeof import('../../src/broker/redis-broker.js');
  readonly 'cluster/redis-links': typeof import('../../src/cluster/redis-links.js');
  readonly 'config/config': typeof import('../../src/config/config.js');
  readonly 'telemetry/noop-telemetry': typeof import('../../src/telemetry/noop-telemetry.js');
  readonly 'storage/append-call': typeof import('../../src/storage/append-call.js');
  readonly 'storage/embedded-postgres': typeof import('../../src/storage/embedded-postgres.js');
  readonly 'storage/retention': typeof import('../../src/storage/retention.js');
}

export async function fromBuild<Name extends keyof Built>(name: Name): Promise<Built[Name]> {
  return (await import(new URL(`../../dist/${name}.js`, import.meta.url).href)) as Built[Name];
}

/** Builds what is not built from exactly the sources that stand here. */
export async function buildIfStale(): Promise<void> {
  const child = spawn(process.execPath, [BUILD, '--if-stale'], { stdio: 'inherit' });
  const [code] = (await once(child, 'exit')) as [number | null];
  if (code !== 0) throw new Error('The build failed; its messages stand above.');
}
