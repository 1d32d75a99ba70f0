import { createHash } from 'node:crypto';
import type { Server } from 'node:http';
import { HttpAdapterHost, ModuleRef } from '@nestjs/core';
import type { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import { CANARY_NAMESPACE, STORED_CANARY_NAMESPACE } from '../../protocol/topic-name.js';
import type { Log } from '../logging/log.js';
import type { Metrics } from '../metrics/metrics.js';
import type { NodeLife } from '../node-life.js';
import type { CanaryPath, CanaryResult } from './canary-result.js';
import { Canary } from './canary.js';
import { runCanary } from './canary-run.js';
import { NodeWay } from './node-way.js';
import { OwnDoor } from './own-door.js';

/** What a canary is made of. */
export interface CanaryNode {
  readonly config: Config;
  readonly modules: ModuleRef;
  readonly http: HttpAdapterHost;
  readonly life: NodeLife;
  readonly metrics: Metrics;
  readonly log: Log;
}

/** The canary of this node. */
export function canaryOf({ config, modules, http, life, metrics, log }: CanaryNode): Canary {
  const topics = canaryTopics(nodeIdOf(config));
  const { canaryIntervalMs: intervalMs, canaryStoredEvery: storedEvery, canaryTimeoutMs } = config.monitoring;
  const ownDoor = config.cluster.workers > 1 ? new OwnDoor() : undefined;
  const way = new NodeWay(modules, config, () => http.httpAdapter.getHttpServer() as Server, topics, ownDoor);
  return new Canary(
    { intervalMs, storedEvery },
    {
      isUp: () => life.phase === 'ready',
      run: (path) => runCanary(path, topics[path], way, canaryTimeoutMs),
      cut: () => way.cut(),
      close: () => way.close(),
      onResult: (result) => {
        count(metrics, result);
        if (result.result === 'failed')
          log.warn(
            { event: 'canary.failed', path: result.path, hop: result.broken, detail: result.detail },
            'the canary did not come back',
          );
      },
    },
  );
}

/**
 * The ephemeral topic is the node's own. Stored topics stay in the log, and nodes without a name of their own take a new one at every start: so
 * there are sixteen, and a node ignores what others say in its own.
 */
export function canaryTopics(node: string): Readonly<Record<CanaryPath, string>> {
  const slot = createHash('sha256').update(node).digest('hex').slice(0, 1);
  return { live: `${CANARY_NAMESPACE}.${node}`, stored: `${STORED_CANARY_NAMESPACE}.${slot}` };
}

function count({ series }: Metrics, { path, result, round_trip_ms: roundTripMs, broken }: CanaryResult): void {
  series.canaryRuns.of(path, result).add(1);
  if (roundTripMs !== undefined) series.canaryRoundTrip.of(path).setMs(roundTripMs);
  if (broken !== undefined) series.canaryFailures.of(broken).add(1);
}
