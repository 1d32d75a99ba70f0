import { hostname } from 'node:os';
import { defaultResource, type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import type { Config } from '../../config/config.js';
import { nodeIdOf } from '../../config/node-id.js';
import { packageVersion } from '../../config/package-version.js';
import {
  ATTR_HOST_NAME,
  ATTR_PROCESS_PID,
  ATTR_PROCESS_RUNTIME_NAME,
  ATTR_PROCESS_RUNTIME_VERSION,
  ATTR_SERVICE_INSTANCE_ID,
  ATTR_SERVICE_NAME,
  ATTR_SERVICE_VERSION,
} from './semconv.js';

/**
 * What everything that is sent says of this process. Operators add to it and may rename the host, but not the node: its name is the one
 * that answers, logs and metrics give.
 */
export function resourceOf(config: Config): Resource {
  const { serviceName, resourceAttributes } = config.monitoring;
  return defaultResource().merge(
    resourceFromAttributes({
      [ATTR_HOST_NAME]: hostname(),
      ...resourceAttributes,
      [ATTR_PROCESS_PID]: process.pid,
      [ATTR_PROCESS_RUNTIME_NAME]: process.release.name,
      [ATTR_PROCESS_RUNTIME_VERSION]: process.versions.node,
      [ATTR_SERVICE_NAME]: serviceName,
      [ATTR_SERVICE_VERSION]: packageVersion,
      [ATTR_SERVICE_INSTANCE_ID]: nodeIdOf(config),
    }),
  );
}
