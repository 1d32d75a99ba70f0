import type { MissingNode } from '../../protocol/ops/missing-node.js';
import type { CanaryResult } from '../canary/canary-result.js';
import { objectivesOfNodes } from './objectives.js';
import type { LossWindow, Wellbeing } from './summary.js';
import type { NodeStanding, NodeSummary, SystemSummary } from './system-summary.js';

type Part = NodeSummary;

/** How all nodes are. `own`: the one that answers, whose version, age and health stand above; others are known by `nodes`. */
export function summaryOfNodes(own: Part, parts: readonly Part[], missing: readonly MissingNode[]): SystemSummary {
  const isOne = parts.length === 1 && missing.length === 0;
  const nodes = parts.map(standingOf);
  if (isOne) return { ...own, as_of: Date.now(), nodes, missing };
  const problems = [
    ...missing.map(({ node, says }) => `${node} ${says}: nothing of it is in these numbers`),
    ...parts.flatMap((part) => part.problems.map((problem) => `${part.node}: ${problem}`)),
  ];
  const sum = (of: (part: Part) => number): number => parts.reduce((total, part) => total + of(part), 0);
  return {
    ...own,
    as_of: Date.now(),
    ok: problems.length === 0,
    problems,
    connections: {
      open: sum(({ connections }) => connections.open),
      authenticating: sum(({ connections }) => connections.authenticating),
      slow: sum(({ connections }) => connections.slow),
    },
    subscriptions: sum(({ subscriptions }) => subscriptions),
    send_queue: {
      bytes: sum((part) => part.send_queue.bytes),
      max_bytes: Math.max(...parts.map((part) => part.send_queue.max_bytes)),
      oldest_ms: Math.max(...parts.map((part) => part.send_queue.oldest_ms)),
    },
    loss: lossOf(parts),
    latency: latencyOf(parts),
    limits: limitsOf(parts),
    objectives: objectivesOfNodes(parts.map(({ objectives }) => objectives)),
    canary: { ...worstCanary(parts, 'live'), ...worstCanary(parts, 'stored') },
    traces: { kept_spans: sum(({ traces }) => traces.kept_spans) },
    nodes,
    missing,
  };
}

function standingOf({ node, version, uptime_s, draining, health, ok, problems, connections, subscriptions }: Part): NodeStanding {
  return {
    node,
    version,
    uptime_s,
    draining,
    status: health.status,
    ok,
    problems: problems.length,
    connections: connections.open,
    subscriptions,
  };
}

/** What two nodes have too many and too few of must not look like balance. */
function lossOf(parts: readonly Part[]): Wellbeing['loss'] {
  const windows = Map.groupBy(
    parts.flatMap(({ loss }) => loss.windows),
    ({ window }) => window,
  );
  return {
    balanced: parts.every(({ loss }) => loss.balanced),
    difference: parts.reduce((sum, { loss }) => sum + Math.abs(loss.difference), 0),
    windows: [...windows].map(([window, found]): LossWindow => {
      const sum = (of: (loss: LossWindow) => number): number => found.reduce((total, loss) => total + of(loss), 0);
      return {
        window,
        covers_s: Math.max(...found.map(({ covers_s: seconds }) => seconds)),
        matched: sum(({ matched }) => matched),
        written: sum(({ written }) => written),
        dropped: sum(({ dropped }) => dropped),
        unconfirmed: sum(({ unconfirmed }) => unconfirmed),
        not_written: sum(({ not_written: notWritten }) => notWritten),
        gaps_seen: sum(({ gaps_seen: gaps }) => gaps),
        gaps_told: sum(({ gaps_told: gaps }) => gaps),
      };
    }),
  };
}

/** Quantiles cannot be added: the slowest node's stand for all. */
function latencyOf(parts: readonly Part[]): Wellbeing['latency'] {
  const byNamespace = Map.groupBy(
    parts.flatMap(({ latency }) => latency),
    ({ namespace }) => namespace,
  );
  return [...byNamespace].map(([namespace, found]) => ({
    namespace,
    messages: found.reduce((sum, { messages }) => sum + messages, 0),
    p50_ms: slowest(found.map(({ p50_ms: ms }) => ms)),
    p99_ms: slowest(found.map(({ p99_ms: ms }) => ms)),
  }));
}

function slowest(values: readonly (number | null)[]): number | null {
  const known = values.filter((value) => value !== null);
  return known.length === 0 ? null : Math.max(...known);
}

/** Of each limit the node that is nearest to it. */
function limitsOf(parts: readonly Part[]): Wellbeing['limits'] {
  const all = parts
    .flatMap(({ node, limits }) => limits.map((limit) => ({ ...limit, node })))
    .toSorted((one, other) => other.share - one.share);
  return [...Map.groupBy(all, ({ name }) => name).values()].flatMap(([nearest]) => nearest ?? []);
}

function worstCanary(parts: readonly Part[], path: 'live' | 'stored'): Readonly<Partial<Record<'live' | 'stored', CanaryResult>>> {
  const results = parts.flatMap(({ canary }) => canary[path] ?? []);
  const worst =
    results.find(({ result }) => result === 'failed') ??
    results.toSorted((one, other) => (other.round_trip_ms ?? 0) - (one.round_trip_ms ?? 0))[0];
  return worst === undefined ? {} : { [path]: worst };
}
