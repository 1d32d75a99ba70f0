import { RedisLinks } from '../../src/cluster/redis-links.js';
import { Config } from '../../src/config/config.js';
import { NoopTelemetry } from '../../src/telemetry/noop-telemetry.js';
import type { Telemetry } from '../../src/telemetry/telemetry.js';

/** One node's way to a Redis. Nodes with the same prefix are of one cluster. */
export async function linksTo(
  url: string,
  prefix: string,
  env: Readonly<Record<string, string>> = {},
  telemetry: Telemetry = new NoopTelemetry(),
): Promise<RedisLinks> {
  const links = new RedisLinks(Config.from({ REDIS_URL: url, WAYBILL_REDIS_PREFIX: prefix, ...env }), telemetry);
  await links.settled();
  return links;
}
