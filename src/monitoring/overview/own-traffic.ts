import { CANARY_NAMESPACE, OPS_NAMESPACE, PROBE_NAMESPACE } from '../../protocol/topic-name.js';

/** Namespaces that the node writes for itself; the label of the stored canary is that of the other one. */
const OWN: ReadonlySet<string> = new Set([CANARY_NAMESPACE, OPS_NAMESPACE, PROBE_NAMESPACE]);

/** Whether traffic of a namespace is the node's own: an idle node that is watched must look idle. */
export function isOwnTraffic(namespace: string | undefined): boolean {
  return OWN.has(namespace ?? '');
}
